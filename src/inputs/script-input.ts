import { readAmf0Values } from '../amf/amf0-reader.ts';
import { AmfObject, type AmfValue } from '../amf/value.ts';
import type { Dropped } from './notes.ts';

/** An event's name, and name and values in AMF0. */
export interface ScriptData {
  readonly name: string;
  readonly payload: Uint8Array;
}

/** What script data needs of the input that it is a part of. */
export interface ScriptHost {
  drop(why: Dropped): void;
  /** The publisher's `onMetaData`. */
  describe(metadata: AmfObject): void;
  write(data: ScriptData): void;
}

/**
 * Longest script data, bytes: everybody who comes is told of the metadata, and they are kept with the pictures. Encoders send a few
 * hundred, files that are sent as they are with a list of their key frames some ten thousand.
 */
const MAX_SCRIPT_BYTES = 256 * 1024;
/** Encoders send one or two before the first frame. */
const MAX_EARLY_DATA = 16;

/** A publisher's script data. */
export class ScriptInput {
  readonly #host: ScriptHost;
  /** What came before there was a time line to put it on. */
  #early: ScriptData[] = [];

  constructor(host: ScriptHost) {
    this.#host = host;
  }

  /** Something came too early: call {@link passOn} once there is a time line. */
  get waits(): boolean {
    return this.#early.length > 0;
  }

  /** What cannot be decoded is dropped: it is only a hint. */
  take(body: Uint8Array, hasTimeline: boolean): void {
    if (body.length > MAX_SCRIPT_BYTES) return this.#host.drop('script data that are too long');
    let values: readonly AmfValue[];
    try {
      values = readAmf0Values(body);
    } catch {
      return this.#host.drop('bad script data');
    }
    const [name, value] = values;
    if (typeof name !== 'string') return this.#host.drop('bad script data');
    if (name === 'onMetaData') {
      if (!(value instanceof AmfObject)) return this.#host.drop('bad script data');
      this.#host.describe(value);
    }
    const data = { name, payload: body };
    if (hasTimeline) this.#host.write(data);
    else if (this.#early.length < MAX_EARLY_DATA) this.#early.push(data);
  }

  /** Viewers of a former publisher are still there: they get what this one said before its first frame. */
  passOn(): void {
    const early = this.#early;
    this.#early = [];
    for (const data of early) this.#host.write(data);
  }
}
