import { ByteReader } from '../../../bytes/byte-reader.ts';
import { ByteWriter } from '../../../bytes/byte-writer.ts';
import type { AudioTrack } from '../../../media/track.ts';
import { fullBox } from '../box.ts';
import { Mp4Error } from '../reader.ts';
import { MAX_ENTRY_RATE, type EntryForm } from './entry.ts';

/** STREAMINFO: RFC 9639 §8.2. */
const STREAM_INFO_BYTES = 34;
const STREAM_INFO = 0;
const LAST_BLOCK = 0x80;

/** Encapsulation of FLAC in ISO Base Media File Format §3.3: metadata blocks, of which STREAMINFO is all that a decoder needs. */
export const FLAC: EntryForm = {
  type: 'fLaC',
  configType: 'dfLa',
  configBox: ({ config }) =>
    fullBox(
      'dfLa',
      0,
      0,
      new ByteWriter(4)
        .u8(LAST_BLOCK | STREAM_INFO)
        .u24(config.length)
        .done(),
      config,
    ),
  readConfig({ body }) {
    const reader = new ByteReader(body, 'dfLa');
    reader.need(8, 'head');
    reader.skip(4, 'version and flags');
    if ((reader.u8() & 0x7f) !== STREAM_INFO || reader.u24() !== STREAM_INFO_BYTES)
      throw new Mp4Error('a dfLa box that does not begin with STREAMINFO');
    return { codec: 'flac', config: reader.take(STREAM_INFO_BYTES, 'STREAMINFO') };
  },
};

/** A rate has 20 bits and a field 16: an odd one beyond them is left to STREAMINFO. */
const MAX_DIVISOR = 16;

/** §3.3.1: of a rate that the field cannot hold the greatest that it is a multiple of. */
export function flacRate({ coreRate }: AudioTrack): number {
  for (let divisor = 1; divisor <= MAX_DIVISOR; divisor++)
    if (coreRate % divisor === 0 && coreRate / divisor <= MAX_ENTRY_RATE) return coreRate / divisor;
  return 0;
}

/** bits-per-sample − 1 has 5 bits behind 20 of the rate and 3 of the channels, from byte 10 on. */
export function flacBits({ config }: AudioTrack): number {
  if (config.length < STREAM_INFO_BYTES) return 16;
  return (((config[12]! & 1) << 4) | (config[13]! >> 4)) + 1;
}
