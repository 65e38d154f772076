/**
 * What the tags of Enhanced RTMP v2 have in common, for video and audio: ModEx blocks in front, and several tracks in one
 * message ("Enhanced Audio", "Enhanced Video").
 */

/** PacketTypes that mean the same for video and audio. */
export const PACKET = { sequenceStart: 0, codedFrames: 1, sequenceEnd: 2, modEx: 7 } as const;

/** Why a message, or what is left of it, says nothing that can be used. */
export type Damage = 'cut short' | 'track too long' | 'track twice' | 'unknown kind';

/** VideoPacketModExType and AudioPacketModExType: the one that is defined. */
const TIMESTAMP_OFFSET_NANO = 0;
/** A millisecond has no more: whoever says more means something else. */
const MAX_NANOS = 999_999;
/** ModEx blocks in front of one message: one is defined, and a message full of them would only keep us busy. */
const MAX_MOD_EX = 16;

/** Where a message goes on behind its ModEx blocks. */
export interface BehindModEx {
  readonly packetType: number;
  readonly at: number;
  /** TimestampOffsetNano: to be added to the message's time, 0 to 999,999 ns. */
  readonly nanos: number;
}

/** Reads ModEx blocks from `at`, the first one's size, on. Those of unknown types are skipped. Undefined: cut short. */
export function readModEx(body: Uint8Array, at: number): BehindModEx | undefined {
  let nanos = 0;
  for (let count = 0; count < MAX_MOD_EX; count++) {
    if (at >= body.length) return undefined;
    let size = body[at++]! + 1;
    if (size === 256) {
      if (at + 2 > body.length) return undefined;
      size = ((body[at]! << 8) | body[at + 1]!) + 1; // one byte was not enough
      at += 2;
    }
    const end = at + size;
    if (end >= body.length) return undefined; // a byte follows
    const types = body[end]!;
    if (types >> 4 === TIMESTAMP_OFFSET_NANO && size >= 3) nanos = u24(body, at);
    at = end + 1;
    const packetType = types & 0x0f;
    if (packetType !== PACKET.modEx) return { packetType, at, nanos: nanos <= MAX_NANOS ? nanos : 0 };
  }
  return undefined;
}

/** One track's share of a message. */
export interface TrackShare {
  /** The publisher's number for it, 0 to 255. */
  readonly track: number;
  readonly fourCc: number;
  /** A view of the message. */
  readonly data: Uint8Array;
}

export interface TrackShares {
  /** What all of them are. */
  readonly packetType: number;
  readonly shares: readonly TrackShare[];
  /** What is wrong with the rest, or with a share that was left out. */
  readonly damage: Damage | undefined;
}

/** AvMultitrackType. */
const ONE_TRACK = 0;
const MANY_TRACKS = 1;
const MANY_TRACKS_MANY_CODECS = 2;
/** Numbers that there are. */
const MAX_SHARES = 256;

/** Takes apart a message with PacketType Multitrack, from the byte behind that type on. */
export function readTracks(body: Uint8Array, from: number): TrackShares {
  const nothing = (damage: Damage): TrackShares => ({ packetType: -1, shares: [], damage });
  if (from >= body.length) return nothing('cut short');
  const how = body[from]! >> 4;
  const packetType = body[from]! & 0x0f;
  let at = from + 1;
  if (how > MANY_TRACKS_MANY_CODECS) return nothing('unknown kind');
  let fourCc = 0;
  if (how !== MANY_TRACKS_MANY_CODECS) {
    if (at + 5 > body.length) return nothing('cut short'); // and a track's number
    fourCc = u32(body, at);
    at += 4;
  }
  if (how === ONE_TRACK) {
    const share = { track: body[at]!, fourCc, data: body.subarray(at + 1) };
    return { packetType, shares: [share], damage: undefined };
  }
  return { packetType, ...readShares(body, at, how === MANY_TRACKS ? fourCc : undefined) };
}

/** `fourCc`: of all of them; undefined: each has its own. */
function readShares(
  body: Uint8Array,
  from: number,
  fourCc: number | undefined,
): Pick<TrackShares, 'shares' | 'damage'> {
  const shares: TrackShare[] = [];
  const head = fourCc === undefined ? 8 : 4; // FourCC, track, size
  let damage: Damage | undefined;
  let at = from;
  for (let count = 0; at < body.length && count < MAX_SHARES; count++) {
    if (at + head > body.length) return { shares, damage: 'cut short' };
    const track = body[at + head - 4]!;
    const end = at + head + u24(body, at + head - 3);
    if (end > body.length) return { shares, damage: 'track too long' };
    if (shares.some((one) => one.track === track)) damage = 'track twice';
    else shares.push({ track, fourCc: fourCc ?? u32(body, at), data: body.subarray(at + head, end) });
    at = end;
  }
  if (at < body.length) damage ??= 'track twice'; // there are no more numbers
  return { shares, damage: shares.length === 0 ? 'cut short' : damage };
}

function u24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

export function u32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x1000000 + u24(bytes, at + 1);
}
