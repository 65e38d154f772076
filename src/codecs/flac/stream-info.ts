import { BitReader } from '../../bytes/bit-reader.ts';
import { CodecError, parse } from '../codec-error.ts';
import { isSampleRate } from '../sound-rate.ts';

/** What the STREAMINFO block says. */
export interface FlacInfo {
  /** Samples of the shortest block but the last, and of the longest. */
  readonly minBlock: number;
  readonly maxBlock: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
}

const STREAMINFO_SIZE = 34;
const MAGIC = Buffer.from('fLaC');
/** A metadata block's header: the flag for the last one and its type, and a length of 24 bits. */
const BLOCK_HEAD = 4;
const TYPE_STREAMINFO = 0;

/**
 * Finds STREAMINFO in a sequence header: behind `fLaC` and a block's header as in a file, behind that header alone as in
 * MP4, or by itself. More blocks may follow. A view.
 *
 * @throws {CodecError} FLAC_CONFIG
 */
export function findStreamInfo(bytes: Uint8Array): Uint8Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFile = view.subarray(0, MAGIC.length).equals(MAGIC);
  if (!isFile && view.length === STREAMINFO_SIZE) return view;
  const at = isFile ? MAGIC.length : 0;
  const isBlock =
    view.length >= at + BLOCK_HEAD + STREAMINFO_SIZE &&
    (view[at]! & 0x7f) === TYPE_STREAMINFO &&
    view.readUIntBE(at + 1, 3) === STREAMINFO_SIZE;
  if (!isBlock) throw new CodecError('FLAC_CONFIG', 'a FLAC header without STREAMINFO, or cut short');
  return view.subarray(at + BLOCK_HEAD, at + BLOCK_HEAD + STREAMINFO_SIZE);
}

/** Reads STREAMINFO: RFC 9639 §8.2. @throws {CodecError} FLAC_CONFIG */
export function readStreamInfo(bytes: Uint8Array): FlacInfo {
  return parse('FLAC_CONFIG', () => {
    const bits = new BitReader(bytes, 'STREAMINFO');
    const minBlock = bits.bits(16);
    const maxBlock = bits.bits(16);
    bits.skip(48); //                              sizes of the smallest and largest frame
    const sampleRate = bits.bits(20);
    const channels = bits.bits(3) + 1;
    const bitsPerSample = bits.bits(5) + 1;
    bits.skip(36 + 128); //                        samples in all, MD5
    if (!isSampleRate(sampleRate) || minBlock < 16 || maxBlock < minBlock || bitsPerSample < 4)
      throw new CodecError('FLAC_CONFIG', `FLAC of ${sampleRate} Hz in blocks of ${minBlock} to ${maxBlock}`);
    return { minBlock, maxBlock, sampleRate, channels, bitsPerSample };
  });
}

/** Writes it: sizes of frames, the number of samples and the MD5 are not known. */
export function writeStreamInfo({
  minBlock,
  maxBlock,
  sampleRate,
  channels,
  bitsPerSample,
}: FlacInfo): Uint8Array {
  const out = Buffer.alloc(STREAMINFO_SIZE);
  out.writeUInt16BE(minBlock, 0);
  out.writeUInt16BE(maxBlock, 2);
  const packed = sampleRate * 2 ** 12 + ((channels - 1) << 9) + ((bitsPerSample - 1) << 4);
  out.writeUInt32BE(packed, 10); //                 the last four bits belong to the number of samples
  return out;
}
