import type { Frame } from '../../media/frame.ts';
import { ticksFromMs, type Ticks } from '../../media/time.ts';
import type { TrackSet } from '../../media/track.ts';
import type { CatalogEntry } from './catalog.ts';
import { FileWriter } from './file-writer.ts';
import { FlvFile } from './flv-file.ts';
import type { Library, NewRecording } from './library.ts';
import { Mp4File } from './mp4-file.ts';
import type { Muxer, MuxerStart } from './muxer.ts';
import { repair } from './repair.ts';

/** Frames go to the disk after a second, or this many bytes: what is not there is lost if the machine fails. */
const PACK: Ticks = ticksFromMs(1_000);
const PACK_BYTES = 1024 * 1024;
/** A pack ends in front of a key frame, so that one can start there; but no pack is shorter than this. */
const SHORT_PACK: Ticks = ticksFromMs(500);
/** A publisher that has fallen silent: by the clock. Longer than a second, so that a pack is not ended before its last frame's length is known. */
const PACK_WAIT_MS = 1_200;
/** How often it is looked whether the file is still where it was made. */
const LOOK_MS = 10_000;

export interface RecordingFileOptions {
  readonly wish: NewRecording;
  readonly start: MuxerStart;
  readonly library: Library;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** The file is there. */
  readonly started: (entry: CatalogEntry) => void;
  /** It cannot be made, or be written any more; close it. */
  readonly failed: (error: Error) => void;
}

/** What has become of a file. Undefined: nothing is left of it. */
export type RecordingResult = CatalogEntry | undefined;

/** One file of a recording, while it is being written. */
export class RecordingFile {
  readonly #options: RecordingFileOptions;
  readonly #muxer: Muxer;
  readonly #writer: FileWriter;
  #entry: CatalogEntry | undefined;
  #inode: number | undefined;
  #pending: Frame[] = [];
  #pendingBytes = 0;
  #pendingSince = 0;
  #frames = 0;
  #lookedAt: number;
  #hasFailed = false;
  #closing: Promise<RecordingResult> | undefined;

  constructor(options: RecordingFileOptions) {
    this.#options = options;
    this.#lookedAt = options.now();
    this.#muxer = options.wish.format === 'flv' ? new FlvFile(options.start) : new Mp4File(options.start);
    this.#writer = new FileWriter({ open: () => this.#create(), failed: (error) => this.#fail(error) });
    this.#writer.write(this.#muxer.begin());
  }

  /** Undefined until the file is there. */
  get entry(): CatalogEntry | undefined {
    return this.#entry;
  }

  get tracks(): TrackSet {
    return this.#options.start.tracks;
  }

  get zero(): Ticks {
    return this.#options.start.zero;
  }

  /** What can be played by now. */
  get seconds(): number {
    return this.#muxer.seconds;
  }

  get bytes(): number {
    return this.#muxer.bytes + this.#pendingBytes;
  }

  /** Bytes that wait for the disk. */
  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  /** Frames of before its beginning are left out. */
  write(frame: Frame): void {
    if (frame.dts < this.zero) return;
    const first = this.#pending[0];
    if (first && this.#isDue(frame, first)) this.pass(frame);
    if (this.#pending.length === 0) this.#pendingSince = this.#options.now();
    this.#pending.push(frame);
    this.#pendingBytes += frame.payload.length;
  }

  /** Call some times a second. */
  flush(): void {
    const now = this.#options.now();
    if (this.#pending.length > 0 && now - this.#pendingSince >= PACK_WAIT_MS) this.pass();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    void this.#look();
  }

  /** Hands what is pending to the disk. `next`: what will come after it, if it is known. */
  pass(next?: Frame): void {
    if (this.#pending.length === 0) return;
    this.#frames += this.#pending.length;
    this.#writer.write(this.#muxer.pack(this.#pending, next));
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** The end; resolves with what is in the catalog then, however it went. */
  close(): Promise<RecordingResult> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Pictures are what people go to in a file, so they end packs where there are any. */
  #isDue(frame: Frame, first: Frame): boolean {
    const span = frame.dts - first.dts;
    if (this.#pendingBytes >= PACK_BYTES || span >= 2 * PACK) return true;
    if (this.tracks.video && frame.kind !== 'video') return false;
    const isKey = frame.kind === 'video' && frame.startsGop;
    return span >= PACK || (isKey && span >= SHORT_PACK);
  }

  async #create(): Promise<Awaited<ReturnType<Library['create']>>['file']> {
    const { entry, file } = await this.#options.library.create(this.#options.wish);
    this.#inode = (await file.stat()).ino;
    this.#entry = entry;
    this.#options.started(entry);
    return file;
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.failed(error);
  }

  /** A file that was removed or replaced takes everything and keeps nothing. */
  async #look(): Promise<void> {
    if (!this.#entry) return;
    // A look that fails says nothing; the next write will.
    const found = await this.#options.library.place.look(this.#entry.path).catch(() => 'unknown' as const);
    if (found === 'unknown' || this.#closing) return;
    if (found?.inode !== this.#inode)
      this.#fail(new Error('the file was taken away while it was being written'));
  }

  async #close(): Promise<RecordingResult> {
    this.pass();
    await this.#writer.close(() => this.#muxer.finish());
    const entry = this.#entry;
    if (!entry) return undefined;
    const isGood = !this.#hasFailed && !this.#writer.error && this.#frames > 0;
    const result = await (isGood ? this.#done(entry) : closeLeft(this.#options.library, entry));
    this.#options.library.release(entry);
    return result;
  }

  /** What the disk has no room to remember is remembered until the program ends. */
  #done(entry: CatalogEntry): Promise<CatalogEntry> {
    const { seconds, bytes } = this.#muxer;
    return this.#options.library.done(entry, { seconds, bytes }).catch(() => ({ ...entry, seconds, bytes }));
  }
}

/** Brings a file that was not closed into order; one with nothing in it is removed. Undefined: nothing is left, or nothing can be done now. */
export async function closeLeft(library: Library, entry: CatalogEntry): Promise<RecordingResult> {
  try {
    const facts = (await library.place.look(entry.path)) ? await repairFile(library, entry) : undefined;
    if (facts) return await library.done(entry, facts);
    await library.remove(entry);
  } catch {
    // The disk is full or gone, most likely. It is looked at again at the next start.
  }
  return undefined;
}

async function repairFile(
  library: Library,
  { path, format }: CatalogEntry,
): Promise<{ seconds: number; bytes: number } | undefined> {
  const file = await library.place.openAgain(path);
  try {
    const left = await repair(file, format);
    return left.bytes === 0 ? undefined : left;
  } finally {
    await file.close();
  }
}
