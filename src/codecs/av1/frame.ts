import type { Color } from '../../media/color.ts';
import {
  METADATA_LIGHT_LEVEL,
  METADATA_MASTERING_DISPLAY,
  readAv1LightLevel,
  readAv1MasteringDisplay,
} from './color.ts';
import { OBU, readLeb128, readObus, sizedObu, type Obu } from './obu.ts';

/** frame_type: AV1 §6.8.2. */
const KEY_FRAME = 0;
const INTRA_ONLY_FRAME = 2;

/** What a temporal unit is, seen from outside. */
export interface Av1Unit {
  /** OBUs with sizes, without temporal delimiters; a view of the bytes wherever possible. Empty if there was nothing else. */
  readonly payload: Uint8Array;
  /** The sequence header among them, header and size included. */
  readonly sequenceHeader: Uint8Array | undefined;
  /** What its first frame is; undefined if there is none. A hidden key frame is shown by a later unit. */
  readonly frame: 'key' | 'hidden key' | 'intra' | 'other' | undefined;
  /** Metadata units, payloads. */
  readonly metadata: readonly Uint8Array[];
}

/** Units that tell a decoder nothing: they are not carried in files and over the wire (AV1 in ISOBMFF §2.4). */
const isUseless = ({ type }: Obu): boolean =>
  type === OBU.temporalDelimiter || type === OBU.padding || type === OBU.tileList;

/** Looks into a temporal unit; undefined if its units do not cover the bytes exactly. */
export function readAv1Unit(bytes: Uint8Array): Av1Unit | undefined {
  const obus = readObus(bytes);
  if (!obus) return undefined;
  const useful = obus.filter((obu) => !isUseless(obu));
  const sequence = useful.find(({ type }) => type === OBU.sequenceHeader);
  const header = useful.find(({ type }) => type === OBU.frame || type === OBU.frameHeader);
  return {
    payload: joined(bytes, useful),
    sequenceHeader: sequence && sizedObu(bytes, sequence),
    frame: header && frameType(bytes, header),
    metadata: useful
      .filter(({ type }) => type === OBU.metadata)
      .map(({ at, end }) => bytes.subarray(at, end)),
  };
}

/** One view, if the units that are left stand side by side and all have sizes. */
function joined(bytes: Uint8Array, units: readonly Obu[]): Uint8Array {
  const [first] = units;
  const last = units.at(-1);
  if (!first || !last) return bytes.subarray(0, 0);
  const isWhole = units.every(
    (unit, index) => unit.hasSize && (units[index + 1]?.start ?? unit.end) === unit.end,
  );
  return isWhole
    ? bytes.subarray(first.start, last.end)
    : Buffer.concat(units.map((unit) => sizedObu(bytes, unit)));
}

/**
 * The first bits of uncompressed_header(): AV1 §5.9.2. Of a sequence of stills they are something else, but every frame
 * of it is a key frame, and the caller knows.
 */
function frameType(bytes: Uint8Array, { at, end }: Obu): NonNullable<Av1Unit['frame']> {
  if (at >= end) return 'other';
  const first = bytes[at]!;
  if (first & 0x80) return 'other'; //             show_existing_frame
  const type = (first >> 5) & 3;
  if (type === KEY_FRAME) return first & 0x10 ? 'key' : 'hidden key'; // show_frame
  return type === INTRA_ONLY_FRAME ? 'intra' : 'other';
}

/** What a unit's metadata say of the picture's colours, added to what its sequence header does. */
export function withAv1Metadata(
  color: Color | undefined,
  metadata: readonly Uint8Array[],
): Color | undefined {
  if (!color) return undefined;
  let result = color;
  for (const unit of metadata) {
    const type = readLeb128(unit, 0);
    if (!type) continue;
    const data = unit.subarray(type.end);
    const light = type.value === METADATA_LIGHT_LEVEL ? readAv1LightLevel(data) : undefined;
    const mastering = type.value === METADATA_MASTERING_DISPLAY ? readAv1MasteringDisplay(data) : undefined;
    if (light) result = { ...result, light };
    if (mastering) result = { ...result, mastering };
  }
  return result;
}
