import { AmfObject } from '../../../amf/value.ts';
import { DEFAULT_ACK_WINDOW } from '../acknowledgement.ts';
import { BandwidthLimit, setPeerBandwidth, windowAckSize } from '../control.ts';
import { OUT_CHUNK_SIZE } from '../message.ts';
import { asNumber, asString, member, shown } from './command.ts';
import type { Command } from './command.ts';
import { answer, answerError, endRole } from './command-context.ts';
import type { CommandContext, CommandTable } from './command-context.ts';
import {
  CAPS_MOD_EX,
  CAPS_MULTITRACK,
  CAPS_NANOSECONDS,
  CAPS_RECONNECT,
  ownEnhanced,
  readEnhanced,
} from './enhanced.ts';
import { elsewhere, statusInfo } from './outbox.ts';
import { readRelayPath, RELAY_MEMBER } from './relay-path.ts';

/** What Flash's server called itself. Encoders look for the `FMS/` and for nothing behind it. */
const SERVER_VERSION = 'FMS/3,0,1,123';
/** Bits that say what that server could do; 31 is what its time's clients expect. */
const CAPABILITIES = 31;
/** Of Enhanced RTMP, what we ask for and what we take from publishers. */
const CAPS_EX = CAPS_RECONNECT | CAPS_MULTITRACK | CAPS_MOD_EX | CAPS_NANOSECONDS;

/** Commands of a connection as a whole (RTMP 1.0 §7.2.1). */
export const connectionCommands: CommandTable = [
  ['connect', connect],
  ['createStream', createStream],
  ['deleteStream', deleteStream],
  ['closeStream', closeStream],
  ['_checkbw', (context, command) => answer(context, command, null, undefined)],
  ['getStreamLength', (context, command) => answer(context, command, null, 0)],
  // A peer's answers and news: not calls, so there is nothing to say to them.
  ['_result', () => undefined],
  ['_error', () => undefined],
  ['onStatus', () => undefined],
  ['onBWDone', () => undefined],
];

function connect(context: CommandContext, command: Command): void {
  const { peer } = context;
  peer.app = asString(member(command.object, 'app'));
  peer.tcUrl = asString(member(command.object, 'tcUrl'));
  peer.flashVersion = shown(asString(member(command.object, 'flashVer')));
  peer.pageUrl = asString(member(command.object, 'pageUrl'));
  peer.swfUrl = asString(member(command.object, 'swfUrl'));
  peer.objectEncoding = asNumber(member(command.object, 'objectEncoding'), 0);
  peer.relayPath = readRelayPath(asString(member(command.object, RELAY_MEMBER)));
  peer.enhanced = readEnhanced(command.object);
  context.connecting(command);
}

/**
 * Yes to `connect`, and what encoders wait for before they go on. Who has said nothing of Enhanced RTMP hears nothing of it: to such
 * a peer it would be of no use, and the answer of old hardware's time has its size.
 */
export function welcome(context: CommandContext, command: Command): void {
  const { out, peer } = context;
  out.raw(windowAckSize(DEFAULT_ACK_WINDOW));
  out.raw(setPeerBandwidth(DEFAULT_ACK_WINDOW, BandwidthLimit.dynamic));
  out.setChunkSize(OUT_CHUNK_SIZE);
  answer(
    context,
    command,
    AmfObject.of({ fmsVer: SERVER_VERSION, capabilities: CAPABILITIES, mode: 1 }),
    statusInfo('status', 'NetConnection.Connect.Success', 'Connection succeeded.', {
      objectEncoding: peer.objectEncoding,
      ...(peer.enhanced.isSpoken && ownEnhanced(CAPS_EX)),
    }),
  );
}

/** No to `connect`. `redirect`: where else to go, in the way of Flash's server. */
export function turnAway(context: CommandContext, command: Command, text: string, redirect?: string): void {
  const info = statusInfo('error', 'NetConnection.Connect.Rejected', text, elsewhere(redirect));
  if (command.transactionId !== 0) context.out.call('_error', command.transactionId, null, info);
}

function createStream(context: CommandContext, command: Command): void {
  const stream = context.streams.create();
  if (stream !== undefined) answer(context, command, null, stream.id);
  else answerError(context, command, 'NetConnection.Call.Failed', 'too many streams on one connection');
}

function deleteStream(context: CommandContext, command: Command): void {
  const stream = context.streams.get(asNumber(command.args[0], command.streamId));
  if (stream === undefined) return;
  endRole(context, stream, 'deleteStream');
  context.streams.delete(stream.id);
}

function closeStream(context: CommandContext, command: Command): void {
  const stream = context.streams.get(command.streamId);
  if (stream !== undefined) endRole(context, stream, 'closeStream');
}
