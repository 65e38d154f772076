import { AmfObject, type AmfValue } from '../../../amf/value.ts';
import type { AudioCodec, VideoCodec } from '../../../media/track.ts';
import { asNumber, member } from './command.ts';

export type Codec = VideoCodec | AudioCodec;

/** What a peer can do of Enhanced RTMP v2, as it said in `connect` or in the answer to it. */
export interface Enhanced {
  /** It said anything about it at all. */
  readonly isSpoken: boolean;
  /** Codecs that it takes beside those of plain RTMP. */
  readonly codecs: ReadonlySet<Codec>;
  readonly takesAnyVideo: boolean;
  readonly takesAnyAudio: boolean;
  /** It goes elsewhere when it is asked to: `NetConnection.Connect.ReconnectRequest`. */
  readonly reconnects: boolean;
  readonly takesMultitrack: boolean;
  readonly takesModEx: boolean;
  readonly takesNanoseconds: boolean;
  /** It understands Metadata packets of the picture: colours. */
  readonly takesColors: boolean;
}

/** "Enhancing NetConnection connect Command", capsEx. */
export const CAPS_RECONNECT = 0x01;
export const CAPS_MULTITRACK = 0x02;
export const CAPS_MOD_EX = 0x04;
export const CAPS_NANOSECONDS = 0x08;

/** FourCcInfoMask. */
const CAN_DECODE = 0x01;
const CAN_FORWARD = 0x04;
/** The key that stands for every codec. */
const ANY = '*';
/** Of a list or map of codecs, as many are looked at: there are a dozen. */
const MAX_ENTRIES = 64;

/** videoFunction, "Metadata Frame": HDR, and Metadata packets of any kind. */
const CLIENT_SEEK = 0x01;
const CLIENT_HDR = 0x02;
const CLIENT_METADATA = 0x04;
/** What our client can do as a player: seeking frame by frame is what Flash's time expects to read there. */
export const OWN_VIDEO_FUNCTION = CLIENT_SEEK | CLIENT_HDR | CLIENT_METADATA;

const VIDEO_FOUR_CC: ReadonlyMap<string, VideoCodec> = new Map([
  ['avc1', 'avc'],
  ['hvc1', 'hevc'],
  ['hev1', 'hevc'],
  ['av01', 'av1'],
  ['vp09', 'vp9'],
  ['vp08', 'vp8'],
]);
const AUDIO_FOUR_CC: ReadonlyMap<string, AudioCodec> = new Map([
  ['mp4a', 'aac'],
  ['Opus', 'opus'],
  ['fLaC', 'flac'],
  ['ac-3', 'ac3'],
  ['ec-3', 'eac3'],
  ['.mp3', 'mp3'],
]);

/** What this gateway carries, both ways. `hev1` is understood, but not a name of the specification. */
const OWN_VIDEO = ['avc1', 'hvc1', 'av01', 'vp09', 'vp08'];
const OWN_AUDIO = ['mp4a', 'Opus', 'fLaC', 'ac-3', 'ec-3', '.mp3'];

/** Has a codec id of its own in plain RTMP: who announces nothing takes it too. */
const PLAIN: ReadonlySet<Codec> = new Set<Codec>(['avc', 'aac', 'mp3']);
const VIDEO: ReadonlySet<Codec> = new Set<Codec>(VIDEO_FOUR_CC.values());

/** Of a peer that has said nothing. */
export const PLAIN_RTMP: Enhanced = {
  isSpoken: false,
  codecs: new Set<Codec>(),
  takesAnyVideo: false,
  takesAnyAudio: false,
  reconnects: false,
  takesMultitrack: false,
  takesModEx: false,
  takesNanoseconds: false,
  takesColors: false,
};

/** Whether a peer can be given frames of this codec. */
export function takes(peer: Enhanced, codec: Codec): boolean {
  if (PLAIN.has(codec) || peer.codecs.has(codec)) return true;
  return VIDEO.has(codec) ? peer.takesAnyVideo : peer.takesAnyAudio;
}

/**
 * Reads the members of `connect`'s command object, or of the objects in the answer to it; what is of another type than it should
 * be counts as missing.
 */
export function readEnhanced(...objects: readonly AmfValue[]): Enhanced {
  const find = (name: string): AmfValue =>
    objects.map((object) => member(object, name)).find((value) => value !== undefined && value !== null);
  const list = listed(find('fourCcList'));
  const video = mapped(find('videoFourCcInfoMap'));
  const audio = mapped(find('audioFourCcInfoMap'));
  const caps = flags(find('capsEx'));
  const functions = flags(find('videoFunction'));
  const names = [...list, ...video, ...audio];
  const codecs = names.flatMap((name) => VIDEO_FOUR_CC.get(name) ?? AUDIO_FOUR_CC.get(name) ?? []);
  if (names.length === 0 && caps === 0 && (functions & CLIENT_METADATA) === 0) return PLAIN_RTMP;
  return {
    isSpoken: true,
    codecs: new Set(codecs),
    takesAnyVideo: list.includes(ANY) || video.includes(ANY),
    takesAnyAudio: list.includes(ANY) || audio.includes(ANY),
    reconnects: (caps & CAPS_RECONNECT) !== 0,
    takesMultitrack: (caps & CAPS_MULTITRACK) !== 0,
    takesModEx: (caps & CAPS_MOD_EX) !== 0,
    takesNanoseconds: (caps & CAPS_NANOSECONDS) !== 0,
    takesColors: (functions & (CLIENT_HDR | CLIENT_METADATA)) !== 0,
  };
}

/** What this gateway says of itself, as a server and as a client: it forwards, and decodes nothing. */
export function ownEnhanced(capsEx: number): Readonly<Record<string, AmfValue>> {
  const forwarded = (names: readonly string[]): AmfObject =>
    AmfObject.of(Object.fromEntries(names.map((name) => [name, CAN_FORWARD])));
  return {
    fourCcList: [...OWN_VIDEO, ...OWN_AUDIO],
    videoFourCcInfoMap: forwarded(OWN_VIDEO),
    audioFourCcInfoMap: forwarded(OWN_AUDIO),
    capsEx,
  };
}

/** A strict array, as v1 has it; some write an ECMA array or an object with numbers for names. */
function listed(value: AmfValue): string[] {
  const values = Array.isArray(value) ? value : value instanceof AmfObject ? [...value.values.values()] : [];
  return values.slice(0, MAX_ENTRIES).filter((name): name is string => typeof name === 'string');
}

/** Names whose flags say that the peer does something with what it is given. */
function mapped(value: AmfValue): string[] {
  if (!(value instanceof AmfObject)) return [];
  return [...value.entries()]
    .slice(0, MAX_ENTRIES)
    .filter(([, mask]) => (flags(mask) & (CAN_DECODE | CAN_FORWARD)) !== 0)
    .map(([name]) => name);
}

/** A number of flags; 0 for what is none. */
function flags(value: AmfValue): number {
  const number = asNumber(value, 0);
  return Number.isInteger(number) && number > 0 && number <= 0xffffffff ? number : 0;
}
