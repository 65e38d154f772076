/**
 * One AMF0 value. `undefined` also stands for the "unsupported" marker, a string also for an XML document;
 * a Date is in UTC (the time zone that AMF0 carries beside it is reserved and ignored).
 */
export type AmfValue = number | boolean | string | null | undefined | Date | AmfObject | readonly AmfValue[];

/** An ECMA array is an object whose writer also announced a count; many encoders write onMetaData as one. */
export type AmfObjectKind = 'object' | 'ecma-array';

/**
 * Named values in the order in which they came. A peer chooses the names, so they live in a Map:
 * `__proto__` and `constructor` are names like any other.
 */
export class AmfObject {
  readonly kind: AmfObjectKind;
  /** The class of a typed object (AMF0 §2.18). */
  readonly className: string | undefined;
  readonly values: ReadonlyMap<string, AmfValue>;

  constructor(
    entries: Iterable<readonly [string, AmfValue]> = [],
    kind: AmfObjectKind = 'object',
    className?: string,
  ) {
    this.values = new Map(entries);
    this.kind = kind;
    this.className = className;
  }

  /** From a plain record: `AmfObject.of({ level: 'status' })`. */
  static of(record: Readonly<Record<string, AmfValue>>, kind: AmfObjectKind = 'object'): AmfObject {
    return new AmfObject(Object.entries(record), kind);
  }

  get size(): number {
    return this.values.size;
  }

  get(key: string): AmfValue {
    return this.values.get(key);
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  entries(): MapIterator<[string, AmfValue]> {
    return this.values.entries();
  }

  [Symbol.iterator](): MapIterator<[string, AmfValue]> {
    return this.values.entries();
  }
}
