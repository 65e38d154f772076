import { boxType, type BoxCursor } from './box-cursor.ts';

/** What a file of fragments is: the first fragment of a segment, or a part of one that begins in its middle. */
export type SegmentType = 'segment' | 'part';

/** Head, major brand, minor version, two brands. */
export const SEGMENT_TYPE_BYTES = 24;

const STYP = boxType('styp');
/** ISO/IEC 23009-1 §6.3.4.2: a media segment. */
const MEDIA_SEGMENT = boxType('msdh');
/** ISO/IEC 23000-19 §7.3.3.1: CMAF segment, CMAF chunk. */
const CMAF_BRAND = { segment: boxType('cmfs'), part: boxType('cmfl') } as const;

/** styp: ISO/IEC 14496-12 §8.16.2. HLS does not ask for it; packagers and players that are handed single files do. */
export function writeSegmentType(out: BoxCursor, type: SegmentType): void {
  out.box(SEGMENT_TYPE_BYTES, STYP);
  out.u32(MEDIA_SEGMENT);
  out.u32(0);
  out.u32(MEDIA_SEGMENT);
  out.u32(CMAF_BRAND[type]);
}
