import { AmfObject } from '../../../amf/value.ts';
import { asString, shown } from './command.ts';
import type { Command } from './command.ts';
import { answer, endRole, refuse, tell } from './command-context.ts';
import type { CommandContext, CommandTable } from './command-context.ts';
import { HeldMedia } from './message-stream.ts';
import type { MessageStream } from './message-stream.ts';
import { streamAddress } from './url.ts';

/** What a publisher sends. The FC commands come from Flash's own encoder; hardware waits for their answers. */
export const publishCommands: CommandTable = [
  ['releaseStream', (context, command) => answer(context, command, null, undefined)],
  ['FCPublish', fcPublish],
  ['FCUnpublish', fcUnpublish],
  ['publish', publish],
];

function fcPublish(context: CommandContext, command: Command): void {
  answer(context, command, null, undefined);
  const description = shown(asString(command.args[0]));
  context.out.call('onFCPublish', 0, null, AmfObject.of({ code: 'NetStream.Publish.Start', description }));
}

function fcUnpublish(context: CommandContext, command: Command): void {
  const key = asString(command.args[0]);
  answer(context, command, null, undefined);
  context.out.call(
    'onFCUnpublish',
    0,
    null,
    AmfObject.of({ code: 'NetStream.Unpublish.Success', description: shown(key) }),
  );
  for (const stream of context.streams.all) {
    if (stream.isPublisher && keyOf(stream) === key) endRole(context, stream, 'FCUnpublish');
  }
}

/** RTMP 1.0 §7.2.2.6. `publish(false)`, which some encoders send at the end, takes it back. */
function publish(context: CommandContext, command: Command): void {
  const [key, type] = command.args;
  const { streamId } = command;
  if (key === false || key === null || key === undefined) {
    unpublish(context, streamId);
    return;
  }
  const stream = context.streams.getOrCreate(streamId);
  if (typeof key !== 'string' || stream === undefined) {
    const text =
      stream === undefined ? 'too many streams on one connection' : 'publish needs the name of a stream';
    refuse(context, streamId, 'NetStream.Publish.BadName', text);
    return;
  }
  if (stream.state.at === 'idle') ask(context, stream, key, asString(type) === '' ? 'live' : asString(type));
  else askAgain(context, stream, key);
}

function ask(context: CommandContext, stream: MessageStream, key: string, type: string): void {
  const { app, tcUrl, flashVersion } = context.peer;
  const address = streamAddress({ app, tcUrl, key });
  if ('refused' in address) {
    refuse(context, stream.id, 'NetStream.Publish.BadName', address.refused);
    return;
  }
  stream.enter({ at: 'asking to publish', key, held: new HeldMedia() });
  context.host.publish({ ...address, streamId: stream.id, type, flashVersion, tcUrl });
}

/** The same once more changes nothing; anything else needs a stream of its own. */
function askAgain(context: CommandContext, stream: MessageStream, key: string): void {
  if (stream.isPublisher && keyOf(stream) === key) {
    if (stream.state.at === 'publishing') tellPublishing(context, stream.id);
    return;
  }
  const use = stream.isPublisher ? 'publishes something else' : 'plays';
  tell(context, stream.id, 'error', 'NetStream.Publish.BadName', `this message stream already ${use}`);
}

function unpublish(context: CommandContext, streamId: number): void {
  const stream = context.streams.get(streamId);
  if (stream?.isPublisher !== true) return;
  endRole(context, stream, 'publish(false)');
  tell(context, streamId, 'status', 'NetStream.Unpublish.Success', 'Publishing has ended.');
}

export function tellPublishing(context: CommandContext, streamId: number): void {
  tell(context, streamId, 'status', 'NetStream.Publish.Start', 'Publishing has begun.');
}

function keyOf(stream: MessageStream): string | undefined {
  return stream.state.at === 'idle' ? undefined : stream.state.key;
}
