import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import type { AmfValue } from '../../../src/amf/value.ts';
import { encodeMessage } from '../../../src/protocols/rtmp/chunk-writer.ts';
import { chunks } from '../../unit/rtmp/chunk-tools.ts';
import { type Choices, EDGES } from '../engine/choices.ts';

/** What a peer sends, and what its owner does meanwhile. */
export type Step =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'act'; readonly act: number; readonly streamId: number };

const ACTS = 8;
const MOST_STEPS = 200;

export interface Vocabulary {
  readonly commands: readonly string[];
  /** Texts that mean something as an argument. */
  readonly texts: readonly string[];
}

/** Reads an input as a peer's script: messages that are well-formed, or nearly, or not at all. */
export function scriptOf(choices: Choices, words: Vocabulary): Step[] {
  const steps: Step[] = [];
  const peer = new Peer(choices, words);
  while (choices.left > 0 && steps.length < MOST_STEPS) {
    const kind = choices.below(16);
    if (kind < 3) steps.push({ kind: 'act', act: choices.below(ACTS), streamId: choices.below(4) });
    else steps.push({ kind: 'bytes', bytes: peer.message(kind) });
  }
  return steps;
}

const MEDIA_TYPES = [8, 9, 18, 15] as const;
const CONTROL_TYPES = [3, 5, 6, 4, 2, 7] as const;

class Peer {
  readonly #choices: Choices;
  readonly #words: Vocabulary;
  #chunkSize = 128;

  constructor(choices: Choices, words: Vocabulary) {
    this.#choices = choices;
    this.#words = words;
  }

  message(kind: number): Buffer {
    const choices = this.#choices;
    switch (kind) {
      case 3:
        return choices.run();
      case 4:
        return this.#setChunkSize();
      case 5:
      case 6:
        return this.#send(choices.pick(CONTROL_TYPES), this.#control());
      case 7:
        return this.#send(22, this.#aggregate());
      case 8:
      case 9:
      case 10:
        return this.#send(choices.pick(MEDIA_TYPES), this.#media());
      case 11:
        return this.#odd();
      default:
        return this.#send(choices.below(8) === 0 ? 17 : 20, this.#command());
    }
  }

  #send(type: number, body: Buffer): Buffer {
    const choices = this.#choices;
    const streamId = choices.pick([1, 0, 2, 1, 3, 16, 17, 0xffffffff]);
    const timestamp = choices.below(4) === 0 ? choices.pick(EDGES) : choices.u8();
    return encodeMessage(
      { chunkStreamId: 3 + choices.below(5), type, streamId, timestamp },
      body,
      this.#chunkSize,
    );
  }

  /** As other chunkers write: every format, every form of the chunk stream's number. */
  #odd(): Buffer {
    const choices = this.#choices;
    return chunks({
      csid: choices.pick([3, 4, 63, 64, 319, 320, 65_599]),
      format: choices.below(4) as 0 | 1 | 2 | 3,
      field: choices.pick(EDGES),
      type: choices.pick([8, 9, 18, 20]),
      body: choices.run(),
      chunkSize: this.#chunkSize,
      repeat: choices.below(2) === 0,
    });
  }

  #setChunkSize(): Buffer {
    const size = this.#choices.pick([128, 1, 16, 4096, 65_536, 0x80000080, 0, 0xffffffff]);
    const body = Buffer.alloc(4);
    body.writeUInt32BE(size);
    const bytes = this.#send(1, body);
    const taken = size & 0x7fffffff;
    if (taken > 0) this.#chunkSize = Math.min(taken, 0xffffff);
    return bytes;
  }

  #control(): Buffer {
    const body = Buffer.alloc(6);
    body.writeUInt16BE(this.#choices.below(9));
    body.writeUInt32BE(this.#choices.pick(EDGES), 2);
    return this.#choices.below(2) === 0 ? body : body.subarray(0, this.#choices.below(7));
  }

  #media(): Buffer {
    const head = this.#choices.pick(['1701000000', '1700000000', 'af01', 'af00', '', '0200', '00']);
    return Buffer.concat([Buffer.from(head, 'hex'), this.#choices.run()]);
  }

  #aggregate(): Buffer {
    const parts: Buffer[] = [];
    for (let count = this.#choices.below(4); count >= 0; count--) {
      const body = this.#media();
      const head = Buffer.alloc(11);
      head[0] = this.#choices.pick([8, 9, 18, 22, 20]);
      head.writeUIntBE(body.length, 1, 3);
      head.writeUIntBE(this.#choices.u16(), 4, 3);
      parts.push(head, body, Buffer.alloc(this.#choices.pick([4, 4, 4, 0])));
    }
    return Buffer.concat(parts);
  }

  #command(): Buffer {
    const choices = this.#choices;
    const name = choices.pick(this.#words.commands);
    const values: AmfValue[] = [name, choices.pick([1, 0, 2, 3, 4, 5, NaN, -1]), this.#value(0)];
    for (let count = choices.below(4); count > 0; count--) values.push(this.#value(0));
    const body = encodeAmf0(...values);
    return choices.below(8) === 0 ? body.subarray(0, choices.u8()) : body;
  }

  #value(depth: number): AmfValue {
    const choices = this.#choices;
    switch (choices.below(depth > 2 ? 6 : 9)) {
      case 0:
        return null;
      case 1:
        return choices.pick(this.#words.texts);
      case 2:
        return choices.below(2) === 0;
      case 3:
        return choices.below(2) === 0 ? choices.pick(EDGES) : choices.f64();
      case 4:
        return undefined;
      case 5:
        return choices.run().toString('latin1');
      case 6:
        return [this.#value(depth + 1), this.#value(depth + 1)];
      default:
        return this.#object(depth);
    }
  }

  #object(depth: number): AmfObject {
    const keys = ['app', 'tcUrl', 'flashVer', 'objectEncoding', 'code', 'level', 'description', 'streamName'];
    const entries: [string, AmfValue][] = [];
    for (let count = this.#choices.below(5); count > 0; count--)
      entries.push([this.#choices.pick(keys), this.#value(depth + 1)]);
    return new AmfObject(entries);
  }
}
