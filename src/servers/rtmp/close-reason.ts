import type { ProtocolErrorCode } from '../../protocols/rtmp/errors.ts';

/** Labels of the metric that counts closed connections: a fixed set, whatever peers call themselves or send. */
export type CloseReason = ProtocolErrorCode | (typeof GROUPS)[number][1] | 'publisher gone' | 'other';

/** What a peer does by itself; of a publisher it means that the show is over. */
const GOODBYES: ReadonlySet<CloseReason> = new Set([
  'connection error',
  'the peer closed the connection',
  'the connection was closed',
] as const);

/** Reasons have addresses, names and codecs in them; what they begin with tells which group they belong to. */
const GROUPS = [
  ['publisher refused', 'publisher refused'],
  ['player refused', 'player refused'],
  ['connect refused', 'connect refused'],
  ['not a trusted proxy', 'not a trusted proxy'],
  ['bad PROXY header', 'bad PROXY header'],
  ['TLS handshake failed', 'TLS handshake failed'],
  ['connection error', 'connection error'],
  ['too long in step', 'too long'],
  ['no stream ', 'no stream'],
  ['the peer closed the connection', 'the peer closed the connection'],
  ['the connection was closed', 'the connection was closed'],
  ['the peer does not read', 'the peer does not read'],
  ['the publisher sent nothing', 'the publisher sent nothing'],
  ["the publisher's clock stands still", "the publisher's clock stands still"],
  ['replaced by a new publisher', 'replaced by a new publisher'],
  ['the video is ', 'codec not supported'],
  ['the audio is ', 'codec not supported'],
  ['too slow', 'too slow'],
  ['stream ended', 'stream ended'],
  ['timestamps used up', 'timestamps used up'],
  ['kicked', 'kicked'],
  ['shutting down', 'shutting down'],
  ['internal error', 'internal error'],
  ['made room for others', 'made room for others'],
  ['too many connections from one address', 'too many connections from one address'],
  ['too many connections', 'too many connections'],
] as const;

const CODES: Readonly<Record<ProtocolErrorCode, true>> = {
  RTMP_VERSION: true,
  RTMP_HANDSHAKE: true,
  RTMP_CHUNK_SIZE: true,
  RTMP_CHUNK_STREAMS: true,
  RTMP_MESSAGE_LENGTH: true,
  RTMP_UNFINISHED_BYTES: true,
  RTMP_BUDGET: true,
  RTMP_DESYNCHRONISED: true,
  RTMP_CONTROL: true,
  RTMP_AGGREGATE: true,
  RTMP_AMF: true,
  RTMP_COMMAND: true,
  RTMP_HELD_BYTES: true,
  RTMP_REFUSED: true,
};

/** The group of a reason, for the metric; the log has the reason itself. */
export function closeReason(reason: string, wasPublisher: boolean): CloseReason {
  const group = groupOf(reason);
  return wasPublisher && GOODBYES.has(group) ? 'publisher gone' : group;
}

function groupOf(reason: string): CloseReason {
  const [code = ''] = reason.split(':', 1);
  if (Object.hasOwn(CODES, code)) return code as ProtocolErrorCode;
  return GROUPS.find(([beginning]) => reason.startsWith(beginning))?.[1] ?? 'other';
}
