import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** A playlist as bytes, ready to be served any number of times. */
export class Rendered {
  readonly bytes: Buffer;
  /** A strong entity tag, quotes included; the same for the same text. */
  readonly etag: string;
  #gzipped: Buffer | undefined;

  constructor(text: string) {
    this.bytes = Buffer.from(text);
    this.etag = `"${createHash('sha256').update(this.bytes).digest('base64url').slice(0, 22)}"`;
  }

  /** Made when first asked for, then kept. */
  gzipped(): Buffer {
    this.#gzipped ??= gzipSync(this.bytes);
    return this.#gzipped;
  }
}
