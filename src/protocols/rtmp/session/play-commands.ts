import { AmfObject } from '../../../amf/value.ts';
import type { AmfValue } from '../../../amf/value.ts';
import { streamBegin } from '../control.ts';
import { asNumber, member, shown } from './command.ts';
import type { Command } from './command.ts';
import { answer, endRole, refuse, tell } from './command-context.ts';
import type { CommandContext, CommandTable } from './command-context.ts';
import type { PlayControl } from './host.ts';
import type { MessageStream } from './message-stream.ts';
import { statusInfo } from './outbox.ts';
import { RELAY_MEMBER, writeRelayPath } from './relay-path.ts';
import type { RelayPath } from './relay-path.ts';
import { streamAddress } from './url.ts';

/** Live, and if there is none, recorded: what players ask for who do not care. */
const START_ANY = -2;

/** What a player sends (RTMP 1.0 §7.2.2). */
export const playCommands: CommandTable = [
  ['play', (context, command) => play(context, command, command.args[0])],
  ['play2', play2],
  ['pause', pause],
  ['pauseRaw', pause],
  ['seek', seek],
  ['receiveAudio', (context, { streamId, args }) => control(context, streamId, { audio: args[0] !== false })],
  ['receiveVideo', (context, { streamId, args }) => control(context, streamId, { video: args[0] !== false })],
  ['FCSubscribe', fcSubscribe],
  ['FCUnsubscribe', (context, command) => answer(context, command, null, undefined)],
];

/** RTMP 1.0 §7.2.2.1. `play(false)` stops. */
function play(context: CommandContext, command: Command, key: AmfValue): void {
  const { streamId, args } = command;
  if (key === false || key === null || key === undefined) {
    stop(context, streamId);
    return;
  }
  const stream = context.streams.getOrCreate(streamId);
  if (typeof key !== 'string' || stream === undefined) {
    const text =
      stream === undefined ? 'too many streams on one connection' : 'play needs the name of a stream';
    refuse(context, streamId, 'NetStream.Play.StreamNotFound', text);
    return;
  }
  if (stream.isPublisher) {
    tell(context, streamId, 'error', 'NetStream.Play.Failed', 'this message stream publishes');
    return;
  }
  endRole(context, stream, 'play of another stream');
  const reset = args[3] !== false && args[3] !== 0;
  ask(context, stream, key, asNumber(args[1], START_ANY), reset);
}

function ask(
  context: CommandContext,
  stream: MessageStream,
  key: string,
  start: number,
  reset: boolean,
): void {
  const { app, tcUrl, flashVersion } = context.peer;
  const address = streamAddress({ app, tcUrl, key });
  if ('refused' in address) {
    refuse(context, stream.id, 'NetStream.Play.StreamNotFound', address.refused);
    return;
  }
  stream.enter({ at: 'asking to play', key, reset });
  context.host.play({ ...address, streamId: stream.id, start, flashVersion, tcUrl });
}

/** RTMP 1.0 §7.2.2.2: `play` with its arguments in an object; for the stream that plays already, a mere notice. */
function play2(context: CommandContext, command: Command): void {
  const key = member(command.args[0], 'streamName');
  const stream = context.streams.get(command.streamId);
  if (stream?.isPlayer === true && stream.state.at !== 'idle' && stream.state.key === key) {
    tell(context, stream.id, 'status', 'NetStream.Play.Transition', 'This stream is playing already.');
    return;
  }
  play(context, { ...command, args: [key, member(command.args[0], 'start')] }, key ?? '');
}

function stop(context: CommandContext, streamId: number): void {
  const stream = context.streams.get(streamId);
  if (stream?.isPlayer !== true) return;
  endRole(context, stream, 'play(false)');
  tell(context, streamId, 'status', 'NetStream.Play.Stop', 'Playing has ended.');
}

/** RTMP 1.0 §7.2.2.9. */
function pause(context: CommandContext, command: Command): void {
  const paused = command.args[0] === true;
  if (!control(context, command.streamId, { paused })) return;
  const code = paused ? 'NetStream.Pause.Notify' : 'NetStream.Unpause.Notify';
  tell(context, command.streamId, 'status', code, paused ? 'Playing is paused.' : 'Playing goes on, live.');
}

/** There is nowhere to seek to in a live stream; players that get an error for it give up. */
function seek(context: CommandContext, command: Command): void {
  if (context.streams.get(command.streamId)?.isPlayer !== true) return;
  tell(context, command.streamId, 'status', 'NetStream.Seek.Notify', 'This stream is live: playing goes on.');
}

function control(context: CommandContext, streamId: number, wish: PlayControl): boolean {
  if (context.streams.get(streamId)?.isPlayer !== true) return false;
  context.host.playControl(streamId, wish);
  return true;
}

function fcSubscribe(context: CommandContext, command: Command): void {
  const [key] = command.args;
  answer(context, command, null, undefined);
  const description = typeof key === 'string' ? shown(key) : '';
  context.out.call('onFCSubscribe', 0, null, AmfObject.of({ code: 'NetStream.Play.Start', description }));
}

/** What a player waits for before it takes media. */
export function tellPlaying(
  context: CommandContext,
  streamId: number,
  { reset, path }: { readonly reset: boolean; readonly path: RelayPath },
): void {
  context.out.raw(streamBegin(streamId));
  if (reset) tell(context, streamId, 'status', 'NetStream.Play.Reset', 'Playing and resetting.');
  const relayed = path.length === 0 ? {} : { [RELAY_MEMBER]: writeRelayPath(path) };
  context.out.status(streamId, statusInfo('status', 'NetStream.Play.Start', 'Playing has begun.', relayed));
  // Lets players read samples, which some need before they show anything.
  context.out.data(streamId, '|RtmpSampleAccess', true, true);
}
