import type { FileHandle } from 'node:fs/promises';
import type { Patch } from './muxer.ts';

/** What is needed of an open file. */
export type WritableFile = Pick<FileHandle, 'write' | 'truncate' | 'sync' | 'close'>;

export interface FileWriterOptions {
  /** Makes the file. */
  readonly open: () => Promise<WritableFile>;
  /** The file could not be made, or not be written any more; what was written as a whole is there. Called once. */
  readonly failed: (error: Error) => void;
}

/**
 * One file, written from front to back: one write at a time, what comes meanwhile waits. Each piece is there as a whole or
 * not at all.
 */
export class FileWriter {
  readonly #options: FileWriterOptions;
  #waiting: Buffer[] = [];
  #queuedBytes = 0;
  #writtenBytes = 0;
  #error: Error | undefined;
  #file: WritableFile | undefined;
  /** The writing that goes on, or the last one. */
  #work: Promise<void>;
  #isWriting = true;

  constructor(options: FileWriterOptions) {
    this.#options = options;
    this.#work = this.#run(async () => {
      this.#file = await options.open();
    });
  }

  /** Bytes that are not yet written. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  get error(): Error | undefined {
    return this.#error;
  }

  /** Takes the bytes as they are: they must not be changed any more. Must not be called after {@link close}. */
  write(bytes: Buffer): void {
    if (this.#error || bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!this.#isWriting) this.#work = this.#run(() => Promise.resolve());
  }

  /** Writes what waits, then the patches, and closes the file. Resolves in any case; see {@link error}. */
  async close(patches: () => readonly Patch[]): Promise<void> {
    await this.#work;
    if (!this.#error) {
      this.#work = this.#run(async () => {
        for (const { at, bytes } of patches()) await this.#writeAt(bytes, at);
        await this.#file?.sync();
      });
      await this.#work;
    }
    await this.#file?.close().catch(() => undefined); // all that could be done has been done
    this.#file = undefined;
  }

  async #run(first: () => Promise<void>): Promise<void> {
    this.#isWriting = true;
    try {
      await first();
      for (;;) {
        const bytes = this.#waiting.shift();
        if (!bytes) break;
        await this.#writeAt(bytes, this.#writtenBytes);
        this.#writtenBytes += bytes.length;
        this.#queuedBytes -= bytes.length;
      }
    } catch (error) {
      await this.#fail(error as Error);
    }
    this.#isWriting = false;
  }

  async #writeAt(bytes: Buffer, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#file!.write(bytes, done, bytes.length - done, position + done);
      if (bytesWritten === 0) throw new Error('the disk takes no more bytes');
      done += bytesWritten;
    }
  }

  async #fail(error: Error): Promise<void> {
    this.#error = error;
    this.#waiting = [];
    this.#queuedBytes = 0;
    // Half a piece would be in the way of whoever reads the file, and the room may help others.
    await this.#file?.truncate(this.#writtenBytes).catch(() => undefined);
    this.#options.failed(error);
  }
}
