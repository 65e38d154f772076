import { ByteReader, TruncatedError } from '../bytes/byte-reader.ts';
import { AmfError } from './errors.ts';
import {
  Marker,
  MAX_AMF_DEPTH,
  MAX_AMF_ELEMENTS,
  MAX_AMF_NAME_BYTES,
  MAX_AMF_REPEATED_BYTES,
} from './markers.ts';
import { AmfObject } from './value.ts';
import type { AmfObjectKind, AmfValue } from './value.ts';

/**
 * Reads one AMF0 value and leaves the reader behind it.
 *
 * At an AVM+ switch (0x11) the bytes become AMF3, which is not read: the value there is `undefined`, objects
 * around it keep what was decoded so far, and the reader is left at its end.
 *
 * @throws AmfError for anything that is not AMF0, is cut short, or breaks a limit.
 */
export function readAmf0(reader: ByteReader): AmfValue {
  return reading(() => new Amf0Reader(reader).value(0));
}

/** Reads values until the bytes end (or change to AMF3). References count within the whole message. */
export function readAmf0Values(bytes: Uint8Array): AmfValue[] {
  const reader = new ByteReader(bytes, 'AMF0');
  const amf = new Amf0Reader(reader);
  return reading(() => {
    const values: AmfValue[] = [];
    while (reader.left > 0) {
      const value = amf.value(0);
      if (amf.switched && value === undefined) break;
      values.push(value);
    }
    return values;
  });
}

function reading<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof TruncatedError) throw new AmfError('AMF_TRUNCATED', error.message, { cause: error });
    throw error;
  }
}

/** What a reference may point at, and how much it stands for. */
interface Referable {
  readonly value: AmfValue;
  readonly elements: number;
  /** Written out, references in it too. */
  readonly bytes: number;
  /** Levels of objects, itself included. */
  readonly height: number;
}

class Amf0Reader {
  readonly #reader: ByteReader;
  /** Objects and arrays in the order in which they began; `undefined` while one is still open. */
  readonly #referables: (Referable | undefined)[] = [];
  #elements = 0;
  /** Bytes that references stand for. */
  #repeatedBytes = 0;
  /** The deepest level so far below the object that was opened last. */
  #deepest = 0;
  /** An AVM+ switch was met: nothing after it can be read. */
  switched = false;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  value(depth: number): AmfValue {
    this.#count(1);
    const reader = this.#reader;
    reader.need(1, 'marker');
    const marker = reader.u8();
    switch (marker) {
      case Marker.number:
        reader.need(8, 'number');
        return reader.f64();
      case Marker.boolean:
        reader.need(1, 'boolean');
        return reader.u8() !== 0;
      case Marker.string:
        return this.#string();
      case Marker.longString:
      case Marker.xmlDocument:
        return this.#longString();
      case Marker.null:
        return null;
      case Marker.undefined:
      case Marker.unsupported:
        return undefined;
      case Marker.date:
        return this.#date();
      case Marker.reference:
        return this.#reference(depth);
      case Marker.avmPlus:
        this.switched = true;
        reader.rest();
        return undefined;
      default:
        return this.#container(marker, depth);
    }
  }

  #container(marker: number, depth: number): AmfValue {
    this.#descend(depth + 1);
    const slot = this.#referables.push(undefined) - 1;
    const deepestBefore = this.#deepest;
    const elementsBefore = this.#elements;
    const bytesBefore = this.#reader.at + this.#repeatedBytes;
    this.#deepest = depth + 1;
    const value = this.#open(marker, depth);
    this.#referables[slot] = {
      value,
      elements: this.#elements - elementsBefore,
      bytes: this.#reader.at + this.#repeatedBytes - bytesBefore,
      height: this.#deepest - depth,
    };
    this.#deepest = Math.max(deepestBefore, this.#deepest);
    return value;
  }

  #descend(level: number): void {
    if (level > MAX_AMF_DEPTH)
      throw new AmfError('AMF_DEPTH', `AMF0: objects nested more than ${MAX_AMF_DEPTH} deep`);
    if (level > this.#deepest) this.#deepest = level;
  }

  #open(marker: number, depth: number): AmfValue {
    switch (marker) {
      case Marker.object:
        return this.#object('object', undefined, depth);
      case Marker.typedObject:
        return this.#object('object', this.#name(), depth);
      case Marker.ecmaArray: {
        this.#reader.need(4, 'ECMA array count');
        return this.#object('ecma-array', undefined, depth, this.#reader.u32());
      }
      case Marker.strictArray:
        return this.#strictArray(depth);
      default:
        // Movie clip, record set, a lone object end, or no AMF0 at all.
        throw new AmfError(
          'AMF_MARKER',
          `AMF0: marker 0x${marker.toString(16)} at ${this.#reader.at - 1} is not a value`,
        );
    }
  }

  /**
   * Name and value pairs up to the end marker. An ECMA array's count is not believed: encoders write 0, or the
   * count before they added a few more. It only helps with those that leave the end marker out at the message's end.
   */
  #object(kind: AmfObjectKind, className: string | undefined, depth: number, announced?: number): AmfObject {
    const reader = this.#reader;
    const entries: [string, AmfValue][] = [];
    while (!this.switched) {
      if (reader.left === 0 && entries.length === announced) break;
      const key = this.#name();
      reader.need(1, 'marker');
      if (key === '' && reader.bytes[reader.at] === Marker.objectEnd) {
        reader.u8();
        break;
      }
      const value = this.value(depth + 1);
      if (!this.#lostToSwitch(value)) entries.push([key, value]);
    }
    return new AmfObject(entries, kind, className);
  }

  #strictArray(depth: number): AmfValue[] {
    this.#reader.need(4, 'strict array count');
    const count = this.#reader.u32();
    // The values are counted as they come; this only keeps a lie from costing anything first.
    if (count > MAX_AMF_ELEMENTS) throw tooManyElements();
    const values: AmfValue[] = [];
    while (values.length < count && !this.switched) {
      const value = this.value(depth + 1);
      if (!this.#lostToSwitch(value)) values.push(value);
    }
    return values;
  }

  #lostToSwitch(value: AmfValue): boolean {
    return this.switched && value === undefined;
  }

  #reference(depth: number): AmfValue {
    this.#reader.need(2, 'reference');
    const index = this.#reader.u16();
    const target = this.#referables[index];
    if (target === undefined) {
      // One that points at an object still open would make a ring, which nobody downstream could walk.
      throw new AmfError('AMF_REFERENCE', `AMF0: reference to object ${index}, which is not complete here`);
    }
    // Counted as if written out, or a few bytes could stand for a tree without end.
    this.#count(target.elements);
    this.#descend(depth + target.height);
    this.#repeatedBytes += target.bytes;
    if (this.#repeatedBytes > MAX_AMF_REPEATED_BYTES) {
      throw new AmfError(
        'AMF_REFERENCE',
        `AMF0: references stand for more than ${MAX_AMF_REPEATED_BYTES} bytes`,
      );
    }
    return target.value;
  }

  #date(): Date {
    this.#reader.need(10, 'date');
    const milliseconds = this.#reader.f64();
    this.#reader.i16(); // time-zone: reserved, to be ignored (AMF0 §2.13)
    return new Date(milliseconds);
  }

  #string(): string {
    this.#reader.need(2, 'string length');
    return text(this.#reader.take(this.#reader.u16(), 'string'));
  }

  /** Of a member or a class. What is no UTF-8 gets longer in {@link text}, and has to fit its 16 bits when it is written again. */
  #name(): string {
    const name = this.#string();
    if (3 * name.length > MAX_AMF_NAME_BYTES && Buffer.byteLength(name) > MAX_AMF_NAME_BYTES)
      throw new AmfError('AMF_TOO_LONG', `AMF0: a name of more than ${MAX_AMF_NAME_BYTES} bytes`);
    return name;
  }

  #longString(): string {
    this.#reader.need(4, 'long string length');
    return text(this.#reader.take(this.#reader.u32(), 'long string'));
  }

  #count(elements: number): void {
    this.#elements += elements;
    if (this.#elements > MAX_AMF_ELEMENTS) throw tooManyElements();
  }
}

function tooManyElements(): AmfError {
  return new AmfError('AMF_ELEMENTS', `AMF0: more than ${MAX_AMF_ELEMENTS} values in one message`);
}

/** Bytes that are no UTF-8 become U+FFFD: an odd title is no reason to lose an encoder. */
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
