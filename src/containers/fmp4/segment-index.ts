import { ByteReader } from '../../bytes/byte-reader.ts';
import { ByteWriter } from '../../bytes/byte-writer.ts';
import { fullBox, u64 } from './box.ts';

/** A run of fragments that begins with a key frame. */
export interface IndexReference {
  /** 1 … {@link MAX_REFERENCE_BYTES}. */
  readonly bytes: number;
  /** In the index's timescale. */
  readonly duration: number;
}

export interface SegmentIndex {
  /** Whose times these are. */
  readonly trackId: number;
  readonly timescale: number;
  /** When the first reference is shown. */
  readonly earliest: number;
  /** Bytes between the end of the index and the first fragment. */
  readonly firstOffset: number;
  /** At most 65,535. */
  readonly references: readonly IndexReference[];
}

/** referenced_size has 31 bits. */
export const MAX_REFERENCE_BYTES = 0x7fffffff;
/** starts_with_SAP 1, SAP_type 1, SAP_delta_time 0: shown from its first frame on. */
const STARTS_WITH_KEY = 0x90000000;

/** Bytes of an index with so many references. */
export function segmentIndexBytes(references: number): number {
  return 40 + 12 * references;
}

/** Where the key frames are: the sidx box, ISO/IEC 14496-12 §8.16.3. */
export function segmentIndex(index: SegmentIndex): Buffer {
  const out = new ByteWriter(segmentIndexBytes(index.references.length));
  out.u32(index.trackId).u32(index.timescale);
  u64(u64(out, index.earliest), index.firstOffset);
  out.u16(0).u16(index.references.length);
  for (const { bytes, duration } of index.references) out.u32(bytes).u32(duration).u32(STARTS_WITH_KEY);
  return fullBox('sidx', 1, 0, out.done());
}

/** @param body of a sidx box as {@link segmentIndex} writes it, version 1 @throws {TruncatedError} */
export function readSegmentIndex(body: Uint8Array): SegmentIndex {
  const reader = new ByteReader(body, 'sidx');
  reader.need(32, 'head');
  reader.skip(4, 'version and flags');
  const [trackId, timescale] = [reader.u32(), reader.u32()];
  const earliest = reader.u32() * 2 ** 32 + reader.u32();
  const firstOffset = reader.u32() * 2 ** 32 + reader.u32();
  reader.skip(2, 'reserved');
  const count = reader.u16();
  reader.need(count * 12, 'references');
  const references = Array.from({ length: count }, () => {
    const reference = { bytes: reader.u32() & MAX_REFERENCE_BYTES, duration: reader.u32() };
    reader.skip(4, 'access point');
    return reference;
  });
  return { trackId, timescale, earliest, firstOffset, references };
}
