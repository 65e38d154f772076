import type { AmfValue } from '../../../amf/value.ts';
import type { Command } from './command.ts';
import type { Enhanced } from './enhanced.ts';
import type { SessionHost } from './host.ts';
import type { MessageStream } from './message-stream.ts';
import type { MessageStreams } from './message-streams.ts';
import { statusInfo } from './outbox.ts';
import type { RelayPath } from './relay-path.ts';
import type { Outbox, StatusLevel } from './outbox.ts';

/** What the peer said about itself in `connect`. */
export interface PeerFacts {
  app: string;
  tcUrl: string;
  flashVersion: string;
  /** The page and the film that a player of Flash's time stands in; mostly empty. */
  pageUrl: string;
  swfUrl: string;
  /** 0 for AMF0, 3 for AMF3. */
  objectEncoding: number;
  /** Gateways that what it publishes, or its wish to play, has passed; it is the last of them. Empty for all other peers. */
  relayPath: RelayPath;
  /** What it can do of Enhanced RTMP. */
  enhanced: Enhanced;
}

/** What a command may see and do. A module's own commands get the same. */
export interface CommandContext {
  readonly host: SessionHost;
  readonly out: Outbox;
  readonly streams: MessageStreams;
  readonly peer: PeerFacts;
  /** The peer's facts are known: the verdict on its `connect` is due. */
  connecting(command: Command): void;
}

export type CommandHandler = (context: CommandContext, command: Command) => void;
/** Command name → what it does. Later entries replace earlier ones, so a session is extended without editing it. */
export type CommandTable = readonly (readonly [name: string, handler: CommandHandler])[];

/** `_result`, if the caller wants an answer. */
export function answer(context: CommandContext, command: Command, ...values: readonly AmfValue[]): void {
  if (command.transactionId !== 0) context.out.call('_result', command.transactionId, ...values);
}

/** `_error`, if the caller wants an answer. */
export function answerError(context: CommandContext, command: Command, code: string, text: string): void {
  if (command.transactionId !== 0) {
    context.out.call('_error', command.transactionId, null, statusInfo('error', code, text));
  }
}

export function tell(
  context: CommandContext,
  streamId: number,
  level: StatusLevel,
  code: string,
  text: string,
): void {
  context.out.status(streamId, statusInfo(level, code, text));
}

/** Says no to the peer in words that an encoder shows, and lets the door close. */
export function refuse(context: CommandContext, streamId: number, code: string, text: string): void {
  tell(context, streamId, 'error', code, text);
  context.host.refused(streamId, code, text);
}

/** Ends whatever a message stream is used for. */
export function endRole(context: CommandContext, stream: MessageStream, because: string): void {
  const { isPublisher, isPlayer } = stream;
  if (!isPublisher && !isPlayer) return;
  stream.enter({ at: 'idle' });
  if (isPublisher) context.host.unpublish(stream.id, because);
  else context.host.stopPlay(stream.id, because);
}
