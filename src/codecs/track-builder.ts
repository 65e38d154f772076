import { isSameColor, type Color } from '../media/color.ts';
import type { AudioTrack, NalTrack, OtherVideoTrack, TrackId, VideoTrack } from '../media/track.ts';
import { isSameAac, readAacConfig } from './aac/config.ts';
import { isSameAc3Config } from './ac3/config.ts';
import { avcCodecString, readAvcConfig } from './avc/config.ts';
import { avcSets } from './avc/in-band.ts';
import { readSps } from './avc/sps.ts';
import { CodecError } from './codec-error.ts';
import { readHevcConfig } from './hevc/config.ts';
import { hevcSets } from './hevc/in-band.ts';
import { hevcCodecString } from './hevc/profile.ts';
import { readHevcSps } from './hevc/sps.ts';

/** What of a track is not in its configuration. */
export interface Circumstances {
  readonly id?: TrackId;
  /** Of a picture, if more is known than the configuration says; undefined: nothing is. */
  readonly color?: Color | undefined;
}

/**
 * Makes a track from an AVCDecoderConfigurationRecord. `former` is kept if a decoder could not tell the two
 * configurations apart. Profile and size are those of the first parameter set: the record's own bytes may lie.
 *
 * @throws {CodecError}
 */
export function avcTrack(
  bytes: Uint8Array,
  former: VideoTrack | undefined,
  more: Circumstances = {},
): NalTrack {
  const config = readAvcConfig(bytes);
  const { profile, compatibility, level, width, height, color } = readSps(config.sps[0]!);
  const track: NalTrack = {
    id: more.id ?? 'video',
    kind: 'video',
    codec: 'avc',
    config: Uint8Array.from(bytes),
    codecString: avcCodecString(profile, compatibility, level),
    width,
    height,
    nalLengthSize: config.nalLengthSize,
    ...colorOf(more, color),
  };
  const isKept =
    former?.codec === 'avc' &&
    isLike(former, track) &&
    (isSameBytes(former, bytes) || avcSets.isSame(readAvcConfig(former.config), config));
  return isKept ? former : track;
}

/**
 * Makes a track from an HEVCDecoderConfigurationRecord with parameter sets in it; all else as {@link avcTrack}.
 *
 * @throws {CodecError}
 */
export function hevcTrack(
  bytes: Uint8Array,
  former: VideoTrack | undefined,
  more: Circumstances = {},
): NalTrack {
  const config = readHevcConfig(bytes);
  const [first] = config.sps;
  if (!first) throw new CodecError('HEVC_CONFIG', 'HEVC configuration without a sequence parameter set');
  const sps = readHevcSps(first);
  const record = Uint8Array.from(bytes);
  record[0] = 1; // drafts of the standard called the same record version 0
  const track: NalTrack = {
    id: more.id ?? 'video',
    kind: 'video',
    codec: 'hevc',
    config: record,
    codecString: hevcCodecString(sps),
    width: sps.width,
    height: sps.height,
    nalLengthSize: config.nalLengthSize,
    ...colorOf(more, sps.color),
  };
  const isKept =
    former?.codec === 'hevc' &&
    isLike(former, track) &&
    (isSameBytes(former, record) || hevcSets.isSame(readHevcConfig(former.config), config));
  return isKept ? former : track;
}

/** What AV1's, VP9's or VP8's own readers have found out, made a track; `former` is kept if it says the same. */
export function otherVideoTrack(track: OtherVideoTrack, former: VideoTrack | undefined): OtherVideoTrack {
  const isKept = former?.codec === track.codec && isLike(former, track) && isSameBytes(former, track.config);
  return isKept ? former : track;
}

/** Makes a track from an AudioSpecificConfig. `former` is kept if its configuration says the same. @throws {CodecError} */
export function aacTrack(
  bytes: Uint8Array,
  former: AudioTrack | undefined,
  id: TrackId = 'audio',
): AudioTrack {
  const same = former?.codec === 'aac' && former.id === id ? former : undefined;
  if (same && isSameBytes(same, bytes)) return same;
  const config = readAacConfig(bytes);
  if (same && isSameAac(readAacConfig(same.config), config)) return same;
  return {
    id,
    kind: 'audio',
    codec: 'aac',
    config: Uint8Array.from(bytes),
    codecString: config.codecString,
    sampleRate: config.sampleRate,
    channels: config.channels,
    coreRate: config.coreRate,
    samplesPerFrame: config.samplesPerFrame,
  };
}

/**
 * What the reader of another codec of sound has found out, made a track; `former` is kept if it says the same, whatever it
 * has learnt of a frame's samples.
 */
export function otherAudioTrack(track: AudioTrack, former: AudioTrack | undefined): AudioTrack {
  const isKept =
    former?.codec === track.codec &&
    former.id === track.id &&
    former.codecString === track.codecString &&
    former.sampleRate === track.sampleRate &&
    former.channels === track.channels &&
    former.coreRate === track.coreRate &&
    (track.codec === 'ac3' || track.codec === 'eac3'
      ? isSameAc3Config(track.codec, former.config, track.config)
      : isSameBytes(former, track.config));
  return isKept ? former : track;
}

function colorOf(more: Circumstances, own: Color | undefined): { color?: Color } {
  const color = 'color' in more ? more.color : own;
  return color ? { color } : {};
}

/** The same but for the configuration. */
function isLike(one: VideoTrack, other: VideoTrack): boolean {
  return (
    one.id === other.id &&
    one.codecString === other.codecString &&
    one.width === other.width &&
    one.height === other.height &&
    isSameColor(one.color, other.color)
  );
}

function isSameBytes(track: VideoTrack | AudioTrack, config: Uint8Array): boolean {
  return Buffer.compare(track.config, config) === 0;
}
