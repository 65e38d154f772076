import { ByteReader } from '../../../bytes/byte-reader.ts';
import { ByteWriter } from '../../../bytes/byte-writer.ts';
import type { Chromaticity, Color, MasteringDisplay } from '../../../media/color.ts';
import { box } from '../box.ts';
import { findBox, type FoundBox } from '../reader.ts';

/** Chromaticity in steps of 0.00002, luminance in steps of 0.0001 cd/m²: Rec. ITU-T H.265 §D.3.28. */
const CHROMATICITY_STEPS = 50_000;
const LUMINANCE_STEPS = 10_000;
const NCLX = 'nclx';
const MAX_U16 = 0xffff;
const MAX_U32 = 0xffffffff;

/** colr, mdcv and clli: ISO/IEC 14496-12 §12.1.5, §12.1.7 and §12.1.8, as far as something is known. */
export function colorBoxes(color: Color | undefined): Buffer[] {
  if (!color) return [];
  const { primaries, transfer, matrix, fullRange, mastering, light } = color;
  const colr = new ByteWriter(11).put(Buffer.from(NCLX, 'latin1'));
  colr.u16(primaries).u16(transfer).u16(matrix);
  colr.u8(fullRange ? 0x80 : 0); //                                  full_range_flag, reserved
  const boxes = [box('colr', colr.done())];
  if (mastering) boxes.push(masteringBox(mastering));
  if (light) {
    const clli = new ByteWriter(4).u16(Math.min(light.maxCll, MAX_U16)).u16(Math.min(light.maxFall, MAX_U16));
    boxes.push(box('clli', clli.done()));
  }
  return boxes;
}

/** Its primaries come in the order green, blue, red. */
function masteringBox({ red, green, blue, white, maxLuminance, minLuminance }: MasteringDisplay): Buffer {
  const out = new ByteWriter(24);
  for (const { x, y } of [green, blue, red, white]) {
    out.u16(steps(x, CHROMATICITY_STEPS, MAX_U16)).u16(steps(y, CHROMATICITY_STEPS, MAX_U16));
  }
  out.u32(steps(maxLuminance, LUMINANCE_STEPS, MAX_U32)).u32(steps(minLuminance, LUMINANCE_STEPS, MAX_U32));
  return box('mdcv', out.done());
}

function steps(value: number, perUnit: number, most: number): number {
  return Math.min(most, Math.max(0, Math.round(value * perUnit)));
}

/** @param boxes those in a sample entry @throws {TruncatedError} */
export function readColor(boxes: Uint8Array): Color | undefined {
  const colr = findBox(boxes, 'colr');
  if (!colr) return undefined;
  const reader = new ByteReader(colr.body, 'colr');
  if (Buffer.from(reader.take(4, 'colour_type')).toString('latin1') !== NCLX) return undefined;
  reader.need(7, 'nclx');
  const [primaries, transfer, matrix] = [reader.u16(), reader.u16(), reader.u16()];
  const fullRange = reader.u8() >= 0x80;
  const mastering = readMastering(findBox(boxes, 'mdcv'));
  const light = readLight(findBox(boxes, 'clli'));
  return { primaries, transfer, matrix, fullRange, ...(mastering && { mastering }), ...(light && { light }) };
}

function readMastering(found: FoundBox | undefined): MasteringDisplay | undefined {
  if (!found) return undefined;
  const reader = new ByteReader(found.body, 'mdcv');
  reader.need(24, 'mastering display');
  const chromaticity = (): Chromaticity => ({
    x: reader.u16() / CHROMATICITY_STEPS,
    y: reader.u16() / CHROMATICITY_STEPS,
  });
  const [green, blue, red, white] = [chromaticity(), chromaticity(), chromaticity(), chromaticity()];
  const [maxLuminance, minLuminance] = [reader.u32() / LUMINANCE_STEPS, reader.u32() / LUMINANCE_STEPS];
  return { red, green, blue, white, maxLuminance, minLuminance };
}

function readLight(found: FoundBox | undefined): Color['light'] {
  if (!found) return undefined;
  const reader = new ByteReader(found.body, 'clli');
  reader.need(4, 'light levels');
  return { maxCll: reader.u16(), maxFall: reader.u16() };
}
