import { ByteWriter } from '../../../bytes/byte-writer.ts';
import type { Color } from '../../../media/color.ts';
import type { AudioTrack, Track, VideoTrack } from '../../../media/track.ts';
import { box } from '../box.ts';
import type { FoundBox } from '../reader.ts';

/** What a sample entry tells of a track: as much of a {@link Track} as stands there. */
export interface EntryFacts {
  readonly codec: Track['codec'];
  /** As {@link Track} has it. */
  readonly config: Uint8Array;
  /** Of pictures. */
  readonly width?: number;
  readonly height?: number;
  readonly color?: Color;
  /** Of sound. */
  readonly channels?: number;
  /** 0: higher than 65,535 Hz; the configuration tells. */
  readonly sampleRate?: number;
}

/** How one codec's configuration stands in its sample entry. */
export interface EntryForm {
  /** The entry's box: `avc1`. */
  readonly type: string;
  /** The configuration's box in it: `avcC`. */
  readonly configType: string;
  /** That box for a track. */
  configBox(track: Track): Buffer;
  /** Back again; `config` as {@link Track} has it. @throws {Mp4Error | TruncatedError} */
  readConfig(found: FoundBox): Pick<EntryFacts, 'codec' | 'config'>;
}

/** Bytes of VisualSampleEntry and AudioSampleEntry in front of the boxes that they hold. */
export const VISUAL_HEAD_BYTES = 78;
export const AUDIO_HEAD_BYTES = 28;

/** 72 dots per inch, 16.16. */
const RESOLUTION = 0x00480000;
const COMPRESSOR_NAME = Buffer.alloc(32);
const MAX_SIDE = 0xffff;

/** VisualSampleEntry: ISO/IEC 14496-12 §12.1.3. */
export function visualEntry(
  type: string,
  { width, height }: VideoTrack,
  ...boxes: readonly Uint8Array[]
): Buffer {
  const out = new ByteWriter(VISUAL_HEAD_BYTES);
  out.u32(0).u16(0).u16(1); //                                       reserved, data_reference_index
  out.u32(0).u32(0).u32(0).u32(0); //                                pre_defined, reserved
  out.u16(Math.min(width, MAX_SIDE)).u16(Math.min(height, MAX_SIDE));
  out.u32(RESOLUTION).u32(RESOLUTION).u32(0);
  out.u16(1); //                                                     frame_count
  out.put(COMPRESSOR_NAME).u16(0x0018).u16(0xffff); //               depth 24, pre_defined −1
  return box(type, out.done(), ...boxes);
}

/** AudioSampleEntry: §12.2.3. `rate` has 16 bits before its point. */
export function audioEntry(
  type: string,
  { channels, rate, bits = 16 }: { readonly channels: number; readonly rate: number; readonly bits?: number },
  configuration: Buffer,
): Buffer {
  const out = new ByteWriter(AUDIO_HEAD_BYTES);
  out.u32(0).u16(0).u16(1); //                                       reserved, data_reference_index
  out.u32(0).u32(0);
  out.u16(channels).u16(bits).u32(0); //                             channelcount, samplesize
  out.u16(rate).u16(0); //                                           samplerate, 16.16
  return box(type, out.done(), configuration);
}

/** The highest rate that the field of an entry can tell. */
export const MAX_ENTRY_RATE = 0xffff;

/** A rate as the entry tells it where a higher one is left to the decoder's configuration. */
export function entryRate({ coreRate }: AudioTrack): number {
  return coreRate <= MAX_ENTRY_RATE ? coreRate : 0;
}
