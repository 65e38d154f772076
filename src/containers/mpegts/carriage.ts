import { adtsRefusal } from '../../codecs/aac/adts.ts';
import { readAacConfig } from '../../codecs/aac/config.ts';
import { readAvcConfig } from '../../codecs/avc/config.ts';
import { CodecError } from '../../codecs/codec-error.ts';
import { readHevcConfig } from '../../codecs/hevc/config.ts';
import type { AudioTrack, Track, VideoTrack } from '../../media/track.ts';
import { adtsFraming } from './adts-framing.ts';
import { AudioPacker, selfFramed } from './audio-packer.ts';
import { avcAccessUnit } from './avc-access-unit.ts';
import { CODEC_NAMES } from '../../media/codec-names.ts';
import { hevcAccessUnit } from './hevc-access-unit.ts';
import type { NalAccessUnit } from './nal-access-unit.ts';
import { STREAM_ID } from './pes.ts';
import { REGISTRATION, STREAM_TYPE, type StreamKind } from './psi.ts';

/** From here on a rate is one of MPEG-1; MPEG-2 has half of them. */
const LEAST_MPEG1_RATE = 32_000;

/** Why a track cannot go into MPEG-TS for HLS, in words; undefined if it can. What this says of a track holds for its life. */
export function tsRefusal(track: Track): string | undefined {
  if (!streamKind(track)) return `${CODEC_NAMES[track.codec]} cannot be carried in MPEG-TS, only in fMP4`;
  try {
    if (track.codec === 'aac') return adtsRefusal(readAacConfig(track.config));
    if (track.codec === 'avc') readAvcConfig(track.config);
    if (track.codec === 'hevc') readHevcConfig(track.config);
    return undefined;
  } catch (error) {
    if (error instanceof CodecError) return error.message;
    throw error;
  }
}

/**
 * How the program map table and PES packets call a track; undefined for one that players of HLS do not take in MPEG-TS:
 * RFC 8216 §3.2, Apple's HLS authoring specification. AC-3 as in ATSC A/52 Annex A, E-AC-3 as in its Annex G.
 */
export function streamKind(track: Track): StreamKind | undefined {
  switch (track.codec) {
    case 'avc':
      return { streamType: STREAM_TYPE.avc };
    case 'hevc':
      return { streamType: STREAM_TYPE.hevc };
    case 'aac':
      return { streamType: STREAM_TYPE.adtsAac };
    case 'mp3':
      return {
        streamType: track.coreRate < LEAST_MPEG1_RATE ? STREAM_TYPE.mpeg2Audio : STREAM_TYPE.mpeg1Audio,
      };
    case 'ac3':
      return { streamType: STREAM_TYPE.ac3, registration: REGISTRATION.ac3 };
    case 'eac3':
      return { streamType: STREAM_TYPE.eac3, registration: REGISTRATION.eac3 };
    default:
      return undefined;
  }
}

/** @throws {CodecError} @throws {TypeError} for a track that has been refused */
export function accessUnitOf(track: VideoTrack): NalAccessUnit {
  if (track.codec === 'avc') return avcAccessUnit(track.config);
  if (track.codec === 'hevc') return hevcAccessUnit(track.config);
  throw new TypeError(`${track.codec} in MPEG-TS`);
}

/** @throws {CodecError} @throws {TypeError} for a track that has been refused */
export function packerOf(track: AudioTrack): AudioPacker {
  if (track.codec === 'aac') return new AudioPacker(adtsFraming(track.config));
  if (!streamKind(track)) throw new TypeError(`${track.codec} in MPEG-TS`);
  return new AudioPacker(selfFramed(track.coreRate, track.samplesPerFrame));
}

/** What a track's PES packets call themselves: ATSC's sound is private to it. */
export function streamIdOf({ codec }: AudioTrack): number {
  return codec === 'ac3' || codec === 'eac3' ? STREAM_ID.private1 : STREAM_ID.audio;
}
