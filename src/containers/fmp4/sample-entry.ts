import { ByteWriter } from '../../bytes/byte-writer.ts';
import type { AudioTrack, VideoTrack } from '../../media/track.ts';
import { box, fullBox } from './box.ts';

/** 72 dots per inch, 16.16. */
const RESOLUTION = 0x00480000;
const COMPRESSOR_NAME = Buffer.alloc(32);
const MAX_SIDE = 0xffff;

/** What a decoder must know about a track, one entry for each codec: ISO/IEC 14496-12 §8.5.2. */
export function sampleEntry(track: VideoTrack | AudioTrack): Buffer {
  switch (track.codec) {
    case 'avc':
      return visualEntry('avc1', track, box('avcC', track.config)); // ISO/IEC 14496-15 §5.4.2
    case 'aac':
      return audioEntry('mp4a', track, elementaryStream(track.config)); // ISO/IEC 14496-14 §5.6
    default:
      throw new TypeError(`no sample entry for ${track.codec} yet`);
  }
}

/** VisualSampleEntry: §12.1.3. */
function visualEntry(type: string, { width, height }: VideoTrack, configuration: Buffer): Buffer {
  const out = new ByteWriter(78);
  out.u32(0).u16(0).u16(1); //                                       reserved, data_reference_index
  out.u32(0).u32(0).u32(0).u32(0); //                                pre_defined, reserved
  out.u16(Math.min(width, MAX_SIDE)).u16(Math.min(height, MAX_SIDE));
  out.u32(RESOLUTION).u32(RESOLUTION).u32(0);
  out.u16(1); //                                                     frame_count
  out.put(COMPRESSOR_NAME).u16(0x0018).u16(0xffff); //               depth 24, pre_defined −1
  return box(type, out.done(), configuration);
}

/** AudioSampleEntry: §12.2.3. Its rate has 16 bits before the point: a higher one is left to the decoder's configuration. */
function audioEntry(type: string, { channels, coreRate }: AudioTrack, configuration: Buffer): Buffer {
  const out = new ByteWriter(28);
  out.u32(0).u16(0).u16(1); //                                       reserved, data_reference_index
  out.u32(0).u32(0);
  out.u16(channels).u16(16).u32(0); //                               channelcount, samplesize
  out.u16(coreRate <= 0xffff ? coreRate : 0).u16(0); //              samplerate, 16.16
  return box(type, out.done(), configuration);
}

const ES_DESCRIPTOR = 0x03;
const DECODER_CONFIG_DESCRIPTOR = 0x04;
const DECODER_SPECIFIC_INFO = 0x05;
const SYNC_LAYER_DESCRIPTOR = 0x06;
/** objectTypeIndication of ISO/IEC 14496-3 audio. */
const MPEG4_AUDIO = 0x40;
/** streamType 5 (audio), upStream 0, reserved 1. */
const AUDIO_STREAM = (5 << 2) | 1;

/** The esds box: ISO/IEC 14496-14 §5.6.1 around the descriptors of ISO/IEC 14496-1 §7.2.6. */
function elementaryStream(config: Uint8Array): Buffer {
  const decoder = new ByteWriter(13).u8(MPEG4_AUDIO).u8(AUDIO_STREAM);
  decoder.u24(0).u32(0).u32(0); //                                   bufferSizeDB, maxBitrate, avgBitrate: unknown
  const es = new ByteWriter(3).u16(0).u8(0).done(); //               ES_ID 0 in files, no flags
  return fullBox(
    'esds',
    0,
    0,
    descriptor(
      ES_DESCRIPTOR,
      es,
      descriptor(DECODER_CONFIG_DESCRIPTOR, decoder.done(), descriptor(DECODER_SPECIFIC_INFO, config)),
      descriptor(SYNC_LAYER_DESCRIPTOR, Buffer.of(2)), //            predefined: MP4
    ),
  );
}

/** Tag, length in groups of 7 bits, contents: ISO/IEC 14496-1 §8.3.3. */
function descriptor(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [body.length & 0x7f];
  for (let rest = body.length >>> 7; rest > 0; rest >>>= 7) length.unshift((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.of(tag, ...length), body]);
}
