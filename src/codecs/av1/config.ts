import { CodecError } from '../codec-error.ts';
import { OBU, readObus, sizedObu } from './obu.ts';
import { readAv1Sequence, type Av1Sequence } from './sequence.ts';

/** What an AV1CodecConfigurationRecord says: the sequence header is all of it that counts. */
export interface Av1Config {
  /** The sequence header OBU, header and size included; undefined where it comes in band. */
  readonly sequenceHeader: Uint8Array | undefined;
}

/** Bytes in front of configOBUs. */
const HEAD_SIZE = 4;
/** Marker bit and version 1. */
const FIRST_BYTE = 0x81;
/** Real sequence headers are some dozens of bytes. */
const MAX_SEQUENCE_BYTES = 1024;

/**
 * Reads an AV1CodecConfigurationRecord ("av1C"): AV1 in ISOBMFF §2.3.3. A sequence header that cannot be read is refused.
 *
 * @throws {CodecError} AV1_CONFIG
 */
export function readAv1Config(bytes: Uint8Array): Av1Config {
  if (bytes.length < HEAD_SIZE || bytes[0] !== FIRST_BYTE)
    throw new CodecError('AV1_CONFIG', 'an AV1 configuration that is cut short or of an unknown version');
  const units = bytes.subarray(HEAD_SIZE);
  const obus = readObus(units);
  if (!obus) throw new CodecError('AV1_CONFIG', 'an AV1 configuration whose units are cut short');
  const found = obus.find(({ type }) => type === OBU.sequenceHeader);
  if (found) readAv1Sequence(units.subarray(found.at, found.end));
  return { sequenceHeader: found && sizedObu(units, found) };
}

/**
 * Writes the record of a sequence header OBU that says its size.
 *
 * @throws {CodecError} AV1_CONFIG
 */
export function writeAv1Config(sequenceHeader: Uint8Array): Uint8Array {
  const { profile, level, highTier, color } = sequenceOf(sequenceHeader);
  const flags =
    (highTier ? 0x80 : 0) |
    (color.bitDepth > 8 ? 0x40 : 0) |
    (color.bitDepth === 12 ? 0x20 : 0) |
    (color.monochrome ? 0x10 : 0) |
    (color.subsamplingX ? 8 : 0) |
    (color.subsamplingY ? 4 : 0) |
    color.samplePosition;
  const head = Uint8Array.of(FIRST_BYTE, (profile << 5) | level, flags, 0); // no initial presentation delay
  return Buffer.concat([head, sequenceHeader]);
}

/** What a sequence header OBU says, header and size included. @throws {CodecError} AV1_CONFIG */
export function sequenceOf(unit: Uint8Array): Av1Sequence {
  const [obu] = readObus(unit) ?? [];
  if (obu?.type !== OBU.sequenceHeader || unit.length > MAX_SEQUENCE_BYTES)
    throw new CodecError('AV1_CONFIG', 'no sequence header of AV1');
  return readAv1Sequence(unit.subarray(obu.at, obu.end));
}
