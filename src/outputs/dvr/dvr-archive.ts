import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { Archive, ArchiveFile, FetchedFile, PastSegment } from '../hls/archive.ts';
import type { LiveSegment } from '../hls/live-segment.ts';
import type { DvrDisk } from './dvr-disk.ts';
import { DvrFolder } from './dvr-folder.ts';
import type { DvrIndex, IndexedSegment } from './dvr-index.ts';
import { KeptSegments, type Kept } from './kept-segments.ts';

/** Trouble is over when so many segments in a row are on the disk: one that is hardly fast enough is told of once. */
const CALM_SEGMENTS = 10;
/** Where the disk was full: more than fit into the room that was made, or its being full for days would be told of every minute. */
const CALM_AFTER_FULL = 60;
/** A segment that finds the disk full asks for so many times its own room: others write, too, and take what gets free. */
const ROOM_ASKED: readonly number[] = [2, 8];

export interface DvrArchiveOptions {
  /** The archive's own folder; made when there is something to put into it. */
  readonly dir: string;
  /** How far players may go back. */
  readonly seconds: number;
  readonly disk: DvrDisk;
  /** What a life of the stream that was cut off has left in the folder, by numbers that go on to this life's first. */
  readonly former?: Pick<DvrIndex, 'segments' | 'inits'> | undefined;
  /** Told what happens to the past, and why; once until all is well again (undefined). */
  readonly trouble: (what: string | undefined) => void;
  /** Told when more is kept than before. */
  readonly grown: () => void;
  /** The disk is full: lets go of so many bytes of the oldest that is kept of anything. False: nothing is. By default so. */
  readonly makeRoom?: (bytes: number) => boolean;
}

/** What came of writing a segment. */
interface Written {
  readonly kept: Kept;
  readonly error: Error | undefined;
  /** 0: the first one. */
  readonly attempt: number;
}

/** The past of one rendition on the disk: a file for each segment. What is missing ends the past. */
export class DvrArchive implements Archive {
  readonly #options: DvrArchiveOptions;
  readonly #folder: DvrFolder;
  readonly #segments: KeptSegments;
  readonly #inits = new Map<number, Buffer>();
  #hasTrouble = false;
  /** Segments that are to be written until the trouble is over. */
  #calmIn = 0;
  #isClosed = false;
  #readers = 0;
  #unused: (() => void) | undefined;

  constructor(options: DvrArchiveOptions) {
    this.#options = options;
    const { dir, disk, former, seconds } = options;
    this.#folder = new DvrFolder({ dir, disk, contents: () => this.#contents() });
    this.#segments = new KeptSegments({ seconds, forgotten: (kept, next) => this.#forgotten(kept, next) });
    if (!former) return;
    for (const [number, bytes] of former.inits) this.#inits.set(number, bytes);
    for (const segment of former.segments) this.#segments.add({ ...segment, waiting: undefined });
    this.#folder.rewriteIndex();
  }

  /** Bytes of all files that are kept. */
  get bytes(): number {
    return this.#segments.bytes;
  }

  /** How far back players can go, at most. */
  get seconds(): number {
    return this.#segments.duration / TICKS_PER_SECOND;
  }

  /** When the oldest segment was shown, ms since 1970. */
  get oldest(): number | undefined {
    return this.#segments.oldest?.programDateTime;
  }

  offer(segment: LiveSegment): void {
    if (this.#isClosed) return;
    const { sequence, duration, head, init } = segment;
    const { discontinuity, independent, programDateTime } = head;
    const facts = { sequence, duration, discontinuity, independent, programDateTime, init: init.number };
    const kept: Kept = {
      ...facts,
      file: `${sequence}.m4s`,
      bytes: segment.size,
      hasPictures: head.tracks.video !== undefined,
      waiting: segment.bytes,
    };
    if (!this.#inits.has(init.number)) {
      this.#inits.set(init.number, init.bytes);
      this.#folder.tellInit(init.number, init.bytes);
    }
    if (this.#write(kept, segment.bytes)) this.#segments.add(kept);
    else this.#lose(sequence, 'the disk is slower than the stream');
    this.#options.grown();
  }

  past(sequence: number): readonly PastSegment[] {
    return this.#segments.past(sequence);
  }

  discontinuitySequence(live: number, sequence: number): number {
    return live - this.past(sequence).filter(({ discontinuity }) => discontinuity).length;
  }

  fetch(what: ArchiveFile, callback: (file: FetchedFile) => void): (() => void) | undefined {
    return later(what.kind === 'init' ? this.#initFile(what.number) : this.#segmentFile(what), callback);
  }

  keeps(sequence: number): boolean {
    return this.#segments.find(sequence) !== undefined;
  }

  hold(): () => void {
    this.#readers++;
    let isDone = false;
    return () => {
      if (isDone) return;
      isDone = true;
      if (--this.#readers === 0) this.#unused?.();
    };
  }

  /** Calls once nobody reads: at once, if that is so now. */
  whenUnused(callback: () => void): void {
    if (this.#readers === 0) callback();
    else this.#unused = callback;
  }

  /** Lets go of the oldest segment, whether it is in the playlist or not; false: there is none. */
  forgetOldest(): boolean {
    return this.#segments.forgetOldest();
  }

  /** The stream is over: a later one of its name does not go on from here. */
  end(): void {
    this.#folder.tellEnd();
  }

  /** Removes all of it. */
  remove(): void {
    this.#isClosed = true;
    this.#segments.clear();
    this.#folder.remove();
  }

  #write(kept: Kept, bytes: Buffer, attempt = 0): boolean {
    return this.#folder.write(kept.file, bytes, (error) => this.#written({ kept, error, attempt }));
  }

  #written({ kept, error, attempt }: Written): void {
    if (this.#isClosed) return;
    if (error && this.#isTriedAgain(kept, error, attempt)) return;
    kept.waiting = undefined;
    if (error) return this.#lose(kept.sequence, problemText(error));
    if (!this.keeps(kept.sequence)) return;
    this.#folder.tellSegment(indexed(kept));
    if (!this.#hasTrouble || --this.#calmIn > 0) return;
    this.#hasTrouble = false;
    this.#options.trouble(undefined);
    this.#folder.rewriteIndex(); // its lines may not all have reached the disk
  }

  /** A past that gets shorter at its old end is better than one that begins anew. */
  #isTriedAgain(kept: Kept, error: NodeJS.ErrnoException, attempt: number): boolean {
    const { waiting, sequence, bytes } = kept;
    const room = (ROOM_ASKED[attempt] ?? 0) * bytes;
    if (error.code !== 'ENOSPC' || room === 0 || !waiting || !this.keeps(sequence)) return false;
    const isMade = this.#options.makeRoom?.(room) === true;
    if (!isMade || !this.keeps(sequence)) return false; // it may have been the oldest itself
    this.#alarm(`the oldest of it goes early, ${problemText(error)}`, CALM_AFTER_FULL);
    return this.#write(kept, waiting, attempt + 1);
  }

  #lose(sequence: number, why: string): void {
    this.#segments.lose(sequence);
    this.#alarm(`it begins anew, ${why}`);
  }

  #alarm(what: string, calmIn = CALM_SEGMENTS): void {
    this.#calmIn = Math.max(calmIn, this.#hasTrouble ? this.#calmIn : 0);
    if (this.#hasTrouble) return;
    this.#hasTrouble = true;
    this.#options.trouble(what);
  }

  /** Somebody else has removed its file, or cut it short: what is listed must be there. */
  #missing(kept: Kept): void {
    if (this.#isClosed || this.#segments.find(kept.sequence) !== kept) return;
    this.#lose(kept.sequence, 'files of it are gone');
    this.#folder.rewriteIndex();
  }

  #forgotten({ file, init }: Kept, next: Kept | undefined): void {
    const isUsed = next?.init === init || this.#segments.all().some((other) => other.init === init);
    if (!isUsed) this.#inits.delete(init);
    this.#folder.removeFile(file, this.#segments.size);
  }

  #contents(): Pick<DvrIndex, 'segments' | 'inits'> {
    const written = this.#segments.all().filter(({ waiting }) => !waiting);
    return { inits: this.#inits, segments: written.map(indexed) };
  }

  #segmentFile({ sequence }: Pick<Kept, 'sequence'>): FetchedFile | undefined {
    const kept = this.#segments.find(sequence);
    if (!kept) return undefined;
    const { waiting, hasPictures, bytes: size } = kept;
    if (waiting) return { bytes: waiting, hasPictures };
    return { stored: this.#folder.stored(kept.file, size, () => this.#missing(kept)), hasPictures };
  }

  #initFile(number: number): FetchedFile | undefined {
    const bytes = this.#inits.get(number);
    const user = this.#segments.all().find(({ init }) => init === number);
    return bytes && { bytes, hasPictures: user?.hasPictures ?? true };
  }
}

function indexed(kept: Kept): IndexedSegment {
  const { sequence, duration, discontinuity, independent, programDateTime, init, file, bytes, hasPictures } =
    kept;
  return { sequence, duration, discontinuity, independent, programDateTime, init, file, bytes, hasPictures };
}

/** Calls back when the caller has returned; undefined: there is nothing to give. */
function later<File>(file: File | undefined, callback: (file: File) => void): (() => void) | undefined {
  if (!file) return undefined;
  const soon = setImmediate(() => callback(file));
  return () => clearImmediate(soon);
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'its directory cannot be written: no permission',
  EROFS: 'its directory cannot be written: it is read-only',
  EIO: 'the disk has failed',
  ENOENT: 'its directory is gone',
  ENOTDIR: 'where its directory should be is a file',
  EEXIST: 'where its directory should be is a file',
};

/** For the operator, without paths. */
function problemText(error: NodeJS.ErrnoException): string {
  return PROBLEMS[error.code ?? ''] ?? error.code ?? error.message;
}
