import type { FileHandle } from 'node:fs/promises';

/** Enough for some seconds of a stream; large frames are stepped over without being read. */
const WINDOW_BYTES = 256 * 1024;

/** Reads here and there in a file, mostly forwards, with few calls. */
export class ByteWindow {
  /** Of the file. */
  readonly size: number;
  readonly #file: Pick<FileHandle, 'read'>;
  #at = 0;
  #bytes = Buffer.alloc(0);

  constructor(file: Pick<FileHandle, 'read'>, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** Up to `count` bytes at `at`: fewer at the file's end. A view that is good until the next call. */
  async read(at: number, count: number): Promise<Buffer> {
    const end = Math.min(at + count, this.size);
    if (at >= end) return Buffer.alloc(0);
    if (at < this.#at || end > this.#at + this.#bytes.length)
      await this.#fill(at, Math.max(count, WINDOW_BYTES));
    return this.#bytes.subarray(at - this.#at, end - this.#at);
  }

  async #fill(at: number, count: number): Promise<void> {
    const bytes = Buffer.allocUnsafe(Math.min(count, this.size - at));
    let got = 0;
    while (got < bytes.length) {
      const { bytesRead } = await this.#file.read(bytes, got, bytes.length - got, at + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    this.#at = at;
    this.#bytes = bytes.subarray(0, got);
  }
}
