import { BACK_POINTER_BYTES, readTagHeader, TAG_HEADER_BYTES, type TagHeader } from './tag.ts';
import { FLV_HEADER_BYTES, type FlvFlags } from './file-header.ts';

/** The bytes are not FLV, or no longer are. */
export class FlvError extends Error {
  override readonly name = 'FlvError';
}

export interface FlvTag extends TagHeader {
  readonly body: Uint8Array;
}

/** Reads an FLV file or live stream that comes in pieces, cut anywhere. */
export class FlvReader {
  /** From the file header, once it has been read. */
  flags: FlvFlags | undefined;
  /** What waits for the rest of its tag. */
  #left: Buffer[] = [];
  #leftBytes = 0;
  /** With this many bytes there is something to read. Until then pieces are only collected: a tag may come byte by byte. */
  #wanted = FLV_HEADER_BYTES;
  #offset = 0;
  readonly #owned: boolean;

  /** `owned`: nobody writes into the pieces any more, so bodies can be views of them; otherwise each piece is copied. */
  constructor({ owned = false } = {}) {
    this.#owned = owned;
  }

  /** Bytes consumed so far: where in the file the next tag starts. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that are still waiting for the rest of their tag. */
  get unread(): number {
    return this.#leftBytes;
  }

  /** Calls `onTag` for every tag that is now whole. A body is a view that stays valid. Throws {@link FlvError}. */
  push(bytes: Uint8Array, onTag: (tag: FlvTag) => void): void {
    this.#left.push(
      this.#owned ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.from(bytes),
    );
    this.#leftBytes += bytes.length;
    if (this.#leftBytes < this.#wanted) return;
    const all = this.#left.length === 1 ? this.#left[0]! : Buffer.concat(this.#left);
    this.#left = [all];
    const at = this.#readTags(all, this.flags ? 0 : this.#readFileHeader(all), onTag);
    this.#offset += at;
    this.#left = at === all.length ? [] : [all.subarray(at)];
    this.#leftBytes = all.length - at;
  }

  /** Returns the offset behind the last whole tag. */
  #readTags(all: Buffer, from: number, onTag: (tag: FlvTag) => void): number {
    let at = from;
    while (all.length - at >= TAG_HEADER_BYTES) {
      const header = readTagHeader(all, at);
      const end = at + TAG_HEADER_BYTES + header.size + BACK_POINTER_BYTES;
      if (end > all.length) {
        this.#wanted = end - at;
        return at;
      }
      onTag({ ...header, body: all.subarray(at + TAG_HEADER_BYTES, end - BACK_POINTER_BYTES) });
      this.#checkBackPointer(all.readUInt32BE(end - BACK_POINTER_BYTES), header.size, at);
      at = end;
    }
    this.#wanted = TAG_HEADER_BYTES;
    return at;
  }

  #readFileHeader(all: Buffer): number {
    if (all.toString('latin1', 0, 3) !== 'FLV')
      throw new FlvError('not an FLV file: it does not begin with "FLV"');
    const typeFlags = all[4]!;
    this.flags = { video: (typeFlags & 0x01) !== 0, audio: (typeFlags & 0x04) !== 0 };
    const dataOffset = all.readUInt32BE(5);
    if (dataOffset !== 9) throw new FlvError(`unusual FLV header length ${dataOffset}, expected 9`);
    return FLV_HEADER_BYTES;
  }

  #checkBackPointer(found: number, size: number, at: number): void {
    // Some writers leave it 0; anything else means that the tags are no longer where we think they are.
    if (found !== 0 && found !== TAG_HEADER_BYTES + size) {
      throw new FlvError(
        `the tag at byte ${this.#offset + at} says ${size} bytes, its back pointer ${found}`,
      );
    }
  }
}
