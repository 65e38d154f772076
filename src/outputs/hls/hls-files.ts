import type { Archive, StoredBytes } from './archive.ts';
import type { FileNames } from './file-names.ts';
import type { LiveSegment } from './live-segment.ts';
import type { TsPackaging } from './ts-packaging.ts';
import { Waiters } from './waiters.ts';
import type { SegmentWindow } from './window.ts';

/** A segment, part or initialization segment, ready to be served. */
export interface HlsFile {
  readonly bytes: Buffer;
  /** Quotes included. */
  readonly etag: string;
  /** MIME type. */
  readonly type: string;
}

/** One of the past, on the disk. */
export interface StoredHlsFile extends Omit<HlsFile, 'bytes'> {
  readonly stored: StoredBytes;
}

export type AnyHlsFile = HlsFile | StoredHlsFile;

export interface HlsFilesOptions {
  readonly window: SegmentWindow;
  readonly ts: TsPackaging;
  readonly names: FileNames;
  readonly archive: Archive;
}

const TS_TYPE = 'video/mp2t';

/** What can be fetched of a rendition, by its file names. */
export class HlsFiles {
  readonly #options: HlsFilesOptions;
  readonly #promised = new Waiters<string, [HlsFile | undefined]>();

  constructor(options: HlsFilesOptions) {
    this.#options = options;
  }

  /** Undefined: not kept (any more), or not whole yet. */
  find(name: string): HlsFile | undefined {
    const { window, names } = this.#options;
    const file = names.read(name);
    if (!file) return undefined;
    if (file.kind === 'init') {
      const init = window.findInit(file.number);
      return init && fileOf(name, init.bytes, mp4Type(init.tracks.video !== undefined));
    }
    const segment = window.find(file.sequence);
    if (!segment) return undefined;
    if (file.kind === 'part') {
      const part = segment.parts[file.part];
      return part && fileOf(name, part.bytes, mp4Type(segment.head.tracks.video !== undefined));
    }
    if (!segment.isWhole) return undefined;
    if (file.container === 'ts') return this.#inTs(name, segment);
    return fileOf(name, segment.bytes, mp4Type(segment.head.tracks.video !== undefined));
  }

  /** Calls back when the part that is promised next is whole, or one that the archive has is fetched; see `HlsSource.whenFile`. */
  when(name: string, callback: (file: AnyHlsFile | undefined) => void): (() => void) | undefined {
    const { window, names } = this.#options;
    const next = window.running ?? { sequence: window.nextSequence, parts: [] };
    if (name === names.part(next.sequence, next.parts.length)) return this.#promised.add(name, callback);
    return this.fetch(name, callback);
  }

  /** From the archive. */
  fetch(name: string, callback: (file: AnyHlsFile | undefined) => void): (() => void) | undefined {
    const file = this.#options.names.read(name);
    if (!file || file.kind === 'part' || (file.kind === 'segment' && file.container === 'ts'))
      return undefined;
    const what =
      file.kind === 'init'
        ? { kind: file.kind, number: file.number }
        : { kind: file.kind, sequence: file.sequence };
    return this.#options.archive.fetch(what, (kept) => {
      const type = mp4Type(kept.hasPictures);
      if ('bytes' in kept) callback(fileOf(name, kept.bytes, type));
      else callback({ stored: kept.stored, etag: etagOf(name), type });
    });
  }

  /** A part is whole. */
  whole(sequence: number, part: number): void {
    if (this.#promised.isEmpty) return; // three times a second of every stream
    const name = this.#options.names.part(sequence, part);
    this.#promised.release(name, this.find(name));
  }

  /** Nothing more comes: what is promised and not here by now never will be. */
  end(): void {
    for (const name of [...this.#promised.keys]) this.#promised.release(name, this.find(name));
  }

  #inTs(name: string, { sequence }: LiveSegment): HlsFile | undefined {
    const { ts } = this.#options;
    ts.ask();
    const bytes = ts.find(sequence);
    return bytes && fileOf(name, bytes, TS_TYPE);
  }
}

function fileOf(name: string, bytes: Buffer, type: string): HlsFile {
  return { bytes, etag: etagOf(name), type };
}

const etagOf = (name: string): string => `"${name.slice(0, name.lastIndexOf('.'))}"`;

/** Sound alone is called so. */
function mp4Type(hasPictures: boolean): string {
  return hasPictures ? 'video/mp4' : 'audio/mp4';
}
