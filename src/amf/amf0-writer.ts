import { ByteWriter } from '../bytes/byte-writer.ts';
import { AmfError } from './errors.ts';
import { Marker, MAX_AMF_DEPTH } from './markers.ts';
import { AmfObject } from './value.ts';
import type { AmfValue } from './value.ts';

const LONGEST_SHORT_STRING = 0xffff;

/**
 * The values one after another, as a command's or a data message's body. References are never written; XML goes out as a string.
 *
 * @throws AmfError for nesting beyond the reader's own limit (a ring, for one) and names over 65,535 bytes.
 */
export function encodeAmf0(...values: readonly AmfValue[]): Buffer {
  const writer = new ByteWriter();
  for (const value of values) write(writer, value, 0);
  return writer.done();
}

function write(writer: ByteWriter, value: AmfValue, depth: number): void {
  switch (typeof value) {
    case 'number':
      writer.u8(Marker.number).f64(value);
      return;
    case 'boolean':
      writer.u8(Marker.boolean).u8(value ? 1 : 0);
      return;
    case 'string':
      writeString(writer, value);
      return;
    case 'undefined':
      writer.u8(Marker.undefined);
      return;
    default:
      writeStructure(writer, value, depth);
  }
}

function writeStructure(
  writer: ByteWriter,
  value: null | Date | AmfObject | readonly AmfValue[],
  depth: number,
): void {
  if (value === null) {
    writer.u8(Marker.null);
  } else if (value instanceof Date) {
    writer.u8(Marker.date).f64(value.getTime()).i16(0);
  } else {
    if (depth >= MAX_AMF_DEPTH) {
      throw new AmfError('AMF_DEPTH', `AMF0: objects nested more than ${MAX_AMF_DEPTH} deep`);
    }
    if (value instanceof AmfObject) writeObject(writer, value, depth);
    else writeStrictArray(writer, value, depth);
  }
}

function writeStrictArray(writer: ByteWriter, values: readonly AmfValue[], depth: number): void {
  writer.u8(Marker.strictArray).u32(values.length);
  for (const value of values) write(writer, value, depth + 1);
}

function writeObject(writer: ByteWriter, object: AmfObject, depth: number): void {
  if (object.className !== undefined) {
    writer.u8(Marker.typedObject);
    writeName(writer, object.className);
  } else if (object.kind === 'ecma-array') {
    writer.u8(Marker.ecmaArray).u32(object.size);
  } else {
    writer.u8(Marker.object);
  }
  for (const [key, value] of object) {
    writeName(writer, key);
    write(writer, value, depth + 1);
  }
  writer.u16(0).u8(Marker.objectEnd);
}

function writeString(writer: ByteWriter, value: string): void {
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.length <= LONGEST_SHORT_STRING) writer.u8(Marker.string).u16(bytes.length);
  else writer.u8(Marker.longString).u32(bytes.length);
  writer.put(bytes);
}

function writeName(writer: ByteWriter, name: string): void {
  const bytes = Buffer.from(name, 'utf8');
  if (bytes.length > LONGEST_SHORT_STRING) {
    throw new AmfError(
      'AMF_TOO_LONG',
      `AMF0: a name of ${bytes.length} bytes does not fit its 16-bit length`,
    );
  }
  writer.u16(bytes.length).put(bytes);
}
