import { ByteReader } from '../../../bytes/byte-reader.ts';
import { ByteWriter } from '../../../bytes/byte-writer.ts';
import type { Track } from '../../../media/track.ts';
import { fullBox } from '../box.ts';
import { Mp4Error, type FoundBox } from '../reader.ts';
import type { EntryFacts, EntryForm } from './entry.ts';

const ES_DESCRIPTOR = 0x03;
const DECODER_CONFIG_DESCRIPTOR = 0x04;
const DECODER_SPECIFIC_INFO = 0x05;
const SYNC_LAYER_DESCRIPTOR = 0x06;
/** objectTypeIndication, ISO/IEC 14496-1 Table 5: ISO/IEC 14496-3, 13818-3 (lower rates) and 11172-3 audio. */
const OBJECT_TYPE = { mpeg4: 0x40, mpeg2: 0x69, mpeg1: 0x6b } as const;
/** streamType 5 (audio), upStream 0, reserved 1. */
const AUDIO_STREAM = (5 << 2) | 1;
/** From here on a rate is one of MPEG-1. */
const LEAST_MPEG1_RATE = 32_000;
/** A descriptor's length is four groups of 7 bits at the most: ISO/IEC 14496-1 §8.3.3. */
const MAX_LENGTH_BYTES = 4;

/** AAC and MP3 share an entry, `mp4a`: ISO/IEC 14496-14 §5.6. Which of them it is stands in the esds box. */
export const MPEG_AUDIO: EntryForm = { type: 'mp4a', configType: 'esds', configBox, readConfig };

/** Around the descriptors of ISO/IEC 14496-1 §7.2.6. */
function configBox(track: Track): Buffer {
  const decoder = new ByteWriter(13).u8(objectType(track)).u8(AUDIO_STREAM);
  decoder.u24(0).u32(0).u32(0); //                                   bufferSizeDB, maxBitrate, avgBitrate: unknown
  const es = new ByteWriter(3).u16(0).u8(0).done(); //               ES_ID 0 in files, no flags
  const specific = track.config.length > 0 ? [descriptor(DECODER_SPECIFIC_INFO, track.config)] : [];
  return fullBox(
    'esds',
    0,
    0,
    descriptor(
      ES_DESCRIPTOR,
      es,
      descriptor(DECODER_CONFIG_DESCRIPTOR, decoder.done(), ...specific),
      descriptor(SYNC_LAYER_DESCRIPTOR, Buffer.of(2)), //            predefined: MP4
    ),
  );
}

function objectType(track: Track): number {
  if (track.codec !== 'mp3') return OBJECT_TYPE.mpeg4;
  return track.coreRate >= LEAST_MPEG1_RATE ? OBJECT_TYPE.mpeg1 : OBJECT_TYPE.mpeg2;
}

/** Tag, length in groups of 7 bits, contents: ISO/IEC 14496-1 §8.3.3. */
function descriptor(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [body.length & 0x7f];
  for (let rest = body.length >>> 7; rest > 0; rest >>>= 7) length.unshift((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.of(tag, ...length), body]);
}

function readConfig({ body }: FoundBox): Pick<EntryFacts, 'codec' | 'config'> {
  const es = readDescriptor(body.subarray(4), ES_DESCRIPTOR); //     version and flags
  if (!es || es.length < 3) throw new Mp4Error('an esds box without a descriptor');
  if (es[2]! !== 0) throw new Mp4Error('an elementary stream that refers to others');
  const decoder = readDescriptor(es.subarray(3), DECODER_CONFIG_DESCRIPTOR);
  if (!decoder || decoder.length < 13) throw new Mp4Error('an esds box without a decoder configuration');
  const type = decoder[0];
  if (type === OBJECT_TYPE.mpeg1 || type === OBJECT_TYPE.mpeg2)
    return { codec: 'mp3', config: new Uint8Array(0) };
  if (type !== OBJECT_TYPE.mpeg4) throw new Mp4Error(`sound of object type ${type}`);
  const config = readDescriptor(decoder.subarray(13), DECODER_SPECIFIC_INFO);
  if (!config) throw new Mp4Error('AAC without its configuration');
  return { codec: 'aac', config };
}

/** The contents of the descriptor in front; undefined: another one, or none. @throws {TruncatedError} */
function readDescriptor(bytes: Uint8Array, tag: number): Uint8Array | undefined {
  if (bytes[0] !== tag) return undefined;
  const reader = new ByteReader(bytes, 'descriptor');
  reader.skip(1, 'tag');
  let length = 0;
  for (let count = 0; count < MAX_LENGTH_BYTES; count++) {
    reader.need(1, 'length');
    const group = reader.u8();
    length = length * 128 + (group & 0x7f);
    if (group < 0x80) break;
  }
  return reader.take(length, 'contents');
}
