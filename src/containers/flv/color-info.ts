import { readAmf0Values } from '../../amf/amf0-reader.ts';
import { encodeAmf0 } from '../../amf/amf0-writer.ts';
import { AmfObject, type AmfValue } from '../../amf/value.ts';
import type { Chromaticity, Color, MasteringDisplay } from '../../media/color.ts';

const COLOR_INFO = 'colorInfo';
/** ISO/IEC 23091-2: not said. */
const UNSPECIFIED = 2;

/** What a Metadata message says of a picture's colours; undefined in `color`: it takes back what was said. */
export interface ColorInfo {
  readonly color: Color | undefined;
}

/**
 * Reads Enhanced RTMP's VideoPacketType.Metadata, "Metadata Frame": pairs of name and value. Undefined: there is no
 * `colorInfo` among them. What it leaves out, or says outside its range, is not known.
 *
 * @throws {AmfError}
 */
export function readColorInfo(data: Uint8Array): ColorInfo | undefined {
  const values = readAmf0Values(data);
  let found: ColorInfo | undefined;
  for (let at = 0; at < values.length; at += 2)
    if (values[at] === COLOR_INFO) found = { color: colorOf(values[at + 1]) };
  return found;
}

/** Writes the data of such a message; undefined takes back what was said. */
export function writeColorInfo(color: Color | undefined): Buffer {
  if (!color) return encodeAmf0(COLOR_INFO, undefined);
  const { primaries, transfer, matrix, bitDepth, mastering, light } = color;
  const info = {
    colorConfig: AmfObject.of({
      ...(bitDepth !== undefined && { bitDepth }),
      colorPrimaries: primaries,
      transferCharacteristics: transfer,
      matrixCoefficients: matrix,
    }),
    ...(light && { hdrCll: AmfObject.of({ maxFall: light.maxFall, maxCLL: light.maxCll }) }),
    ...(mastering && { hdrMdcv: mdcvOf(mastering) }),
  };
  return encodeAmf0(COLOR_INFO, AmfObject.of(info));
}

function mdcvOf({ red, green, blue, white, maxLuminance, minLuminance }: MasteringDisplay): AmfObject {
  return AmfObject.of({
    ...{ redX: red.x, redY: red.y, greenX: green.x, greenY: green.y, blueX: blue.x, blueY: blue.y },
    ...{ whitePointX: white.x, whitePointY: white.y, maxLuminance, minLuminance },
  });
}

function colorOf(info: AmfValue): Color | undefined {
  const config = member(info, 'colorConfig');
  const bitDepth = within(config, 'bitDepth', [8, 16]);
  const mastering = masteringOf(member(info, 'hdrMdcv'));
  const light = lightOf(member(info, 'hdrCll'));
  if (!config && !mastering && !light) return undefined;
  return {
    primaries: codePoint(config, 'colorPrimaries'),
    transfer: codePoint(config, 'transferCharacteristics'),
    matrix: codePoint(config, 'matrixCoefficients'),
    fullRange: false, // there is no word for it
    ...(bitDepth !== undefined && { bitDepth: Math.round(bitDepth) }),
    ...(mastering && { mastering }),
    ...(light && { light }),
  };
}

function masteringOf(mdcv: AmfObject | undefined): MasteringDisplay | undefined {
  const at = (name: string): Chromaticity | undefined => {
    const x = within(mdcv, `${name}X`, [0, 1]);
    const y = within(mdcv, `${name}Y`, [0, 1]);
    return x === undefined || y === undefined ? undefined : { x, y };
  };
  const [red, green, blue, white] = [at('red'), at('green'), at('blue'), at('whitePoint')];
  const maxLuminance = within(mdcv, 'maxLuminance', [0, 10_000]);
  const minLuminance = within(mdcv, 'minLuminance', [0, 10_000]);
  if (!red || !green || !blue || !white || maxLuminance === undefined || minLuminance === undefined)
    return undefined;
  return { red, green, blue, white, maxLuminance, minLuminance };
}

function lightOf(cll: AmfObject | undefined): Color['light'] {
  const maxCll = within(cll, 'maxCLL', [0, 65_535]); // written with 16 bits by all who pass it on
  const maxFall = within(cll, 'maxFall', [0, 65_535]);
  if (maxCll === undefined || maxFall === undefined) return undefined;
  return { maxCll: Math.round(maxCll), maxFall: Math.round(maxFall) };
}

function member(value: AmfValue, name: string): AmfObject | undefined {
  const found = value instanceof AmfObject ? value.get(name) : undefined;
  return found instanceof AmfObject ? found : undefined;
}

function codePoint(config: AmfObject | undefined, name: string): number {
  const value = within(config, name, [0, 255]);
  return value !== undefined && Number.isInteger(value) ? value : UNSPECIFIED;
}

function within(
  values: AmfObject | undefined,
  name: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const value = values?.get(name);
  return typeof value === 'number' && value >= least && value <= most ? value : undefined;
}
