import { join } from 'node:path';
import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { Archive, ArchiveFile, FetchedFile, PastSegment } from '../hls/archive.ts';
import type { LiveSegment } from '../hls/live-segment.ts';
import type { DvrDisk } from './dvr-disk.ts';
import {
  ENDED_LINE,
  INDEX_FILE,
  initLine,
  segmentLine,
  type DvrIndex,
  type IndexedSegment,
} from './dvr-index.ts';

/** Trouble is over when so many segments in a row are on the disk: one that is hardly fast enough is told of once. */
const CALM_SEGMENTS = 10;
/** The index grows by a line for each segment; it is written anew when it has so many lines that nobody needs. */
const MAX_STALE_LINES = 1_000;

export interface DvrArchiveOptions {
  /** The archive's own folder; made when there is something to put into it. */
  readonly dir: string;
  /** How far players may go back. */
  readonly seconds: number;
  readonly disk: DvrDisk;
  /** What a life of the stream that was cut off has left in the folder, by numbers that go on to this life's first. */
  readonly former?: Pick<DvrIndex, 'segments' | 'inits'> | undefined;
  /** Told why nothing can be kept, once until it can be again (undefined). */
  readonly trouble: (why: string | undefined) => void;
  /** Told when more is kept than before. */
  readonly grown: () => void;
}

/** A segment in the archive. */
interface Kept extends IndexedSegment {
  /** Until the disk has it. */
  waiting: Buffer | undefined;
}

/** A segment that is too old for the playlist, and the moment by the archive's own clock up to which it can be fetched. */
interface Retired {
  readonly segment: Kept;
  readonly until: number;
}

/** The past of one rendition on the disk: a file for each segment. What is missing ends the past: no playlist has holes. */
export class DvrArchive implements Archive {
  readonly #options: DvrArchiveOptions;
  readonly #bySequence = new Map<number, Kept>();
  readonly #inits = new Map<number, Buffer>();
  #kept: Kept[] = [];
  #retired: Retired[] = [];
  #past: { readonly before: number; readonly segments: readonly PastSegment[] } | undefined;
  #bytes = 0;
  /** Ticks of {@link #kept}. */
  #duration = 0;
  /** Ticks of all that there ever was. */
  #clock = 0;
  #indexLines = 0;
  #hasTrouble = false;
  /** Segments that have been written since the last one that has not. */
  #calm = 0;
  #isClosed = false;

  constructor(options: DvrArchiveOptions) {
    this.#options = options;
    const { former } = options;
    if (!former) return;
    for (const [number, bytes] of former.inits) this.#inits.set(number, bytes);
    for (const segment of former.segments) this.#add({ ...segment, waiting: undefined });
    this.#rewriteIndex();
  }

  /** Bytes of all files that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How far back players can go, at most. */
  get seconds(): number {
    return this.#duration / TICKS_PER_SECOND;
  }

  /** When the oldest segment was shown, ms since 1970. */
  get oldest(): number | undefined {
    return (this.#retired[0]?.segment ?? this.#kept[0])?.programDateTime;
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
      this.#append(initLine(init.number, init.bytes));
    }
    const done = (error: Error | undefined): void => this.#written(kept, error);
    const isTaken = this.#options.disk.write({ path: this.#pathOf(kept), bytes: segment.bytes, done });
    if (isTaken) this.#add(kept);
    else this.#lose(sequence, 'the disk is slower than the stream');
    this.#options.grown();
  }

  past(sequence: number): readonly PastSegment[] {
    if (this.#past?.before === sequence) return this.#past.segments;
    const last = this.#kept.at(-1);
    const first = this.#kept[0];
    const isHere = first && last && first.sequence < sequence && last.sequence >= sequence - 1;
    const segments = isHere ? this.#kept.slice(0, sequence - first.sequence) : [];
    this.#past = { before: sequence, segments };
    return segments;
  }

  discontinuitySequence(live: number, sequence: number): number {
    return live - this.past(sequence).filter(({ discontinuity }) => discontinuity).length;
  }

  fetch(what: ArchiveFile, callback: (file: FetchedFile) => void): (() => void) | undefined {
    return later(what.kind === 'init' ? this.#initFile(what.number) : this.#segmentFile(what), callback);
  }

  keeps(sequence: number): boolean {
    return this.#bySequence.has(sequence);
  }

  /** Lets go of the oldest segment, whether it is in the playlist or not; false: there is none. */
  forgetOldest(): boolean {
    if (this.#retired.length === 0) this.#retire();
    const oldest = this.#retired.shift();
    if (oldest) this.#forget(oldest.segment);
    return oldest !== undefined;
  }

  /** The stream is over: a later one of its name does not go on from here. */
  end(): void {
    this.#append(ENDED_LINE);
  }

  /** Removes all of it. */
  remove(): void {
    this.#isClosed = true;
    this.#kept = [];
    this.#retired = [];
    this.#bySequence.clear();
    this.#past = undefined;
    this.#bytes = this.#duration = 0;
    this.#options.disk.remove(this.#options.dir);
  }

  #add(kept: Kept): void {
    const last = this.#kept.at(-1);
    if (last && last.sequence !== kept.sequence - 1) this.#dropAll();
    this.#kept.push(kept);
    this.#bySequence.set(kept.sequence, kept);
    this.#bytes += kept.bytes;
    this.#duration += kept.duration;
    this.#clock += kept.duration;
    this.#past = undefined;
    const most = this.#options.seconds * TICKS_PER_SECOND;
    while (this.#kept.length > 1 && this.#duration - this.#kept[0]!.duration >= most) this.#retire();
    while ((this.#retired[0]?.until ?? Infinity) <= this.#clock) this.#forget(this.#retired.shift()!.segment);
  }

  #written(kept: Kept, error: Error | undefined): void {
    kept.waiting = undefined;
    if (this.#isClosed) return;
    if (error) return this.#lose(kept.sequence, problemText(error));
    this.#append(segmentLine(indexed(kept)));
    if (!this.#hasTrouble || ++this.#calm < CALM_SEGMENTS) return;
    this.#hasTrouble = false;
    this.#options.trouble(undefined);
    this.#rewriteIndex(); // its lines may not all have reached the disk
  }

  /** What is before a segment that is not kept cannot be listed any more. */
  #lose(sequence: number, why: string): void {
    while (this.#kept.length > 0 && this.#kept[0]!.sequence < sequence) this.#retire();
    const lost = this.#kept[0];
    if (lost?.sequence === sequence) {
      this.#retire();
      this.#forget(this.#retired.pop()!.segment);
    }
    this.#calm = 0;
    if (this.#hasTrouble) return;
    this.#hasTrouble = true;
    this.#options.trouble(why);
  }

  #dropAll(): void {
    while (this.#kept.length > 0) this.#retire();
  }

  /** It leaves the playlist, and stays for its own length and that of the longest playlist it was in: RFC 8216 §6.2.2. */
  #retire(): void {
    const longest = this.#duration;
    const segment = this.#kept.shift();
    if (!segment) return;
    this.#duration -= segment.duration;
    this.#past = undefined;
    this.#retired.push({ segment, until: this.#clock + segment.duration + longest });
  }

  #forget(segment: Kept): void {
    this.#bySequence.delete(segment.sequence);
    this.#bytes -= segment.bytes;
    this.#options.disk.remove(this.#pathOf(segment));
    this.#forgetInit(segment.init);
    if (this.#indexLines - this.#bySequence.size > MAX_STALE_LINES) this.#rewriteIndex();
  }

  #forgetInit(number: number): void {
    const next = this.#retired[0]?.segment ?? this.#kept[0];
    if (next && next.init !== number) this.#inits.delete(number);
  }

  #append(line: string): void {
    if (this.#isClosed) return;
    this.#indexLines++;
    this.#options.disk.write({ path: this.#indexPath, bytes: Buffer.from(line), append: true });
  }

  #rewriteIndex(): void {
    const held = [...this.#retired.map(({ segment }) => segment), ...this.#kept];
    const inits = [...this.#inits].map(([number, bytes]) => initLine(number, bytes));
    const lines = held.filter(({ waiting }) => !waiting).map((kept) => segmentLine(indexed(kept)));
    const bytes = Buffer.from([...inits, ...lines].join(''));
    if (this.#options.disk.write({ path: this.#indexPath, bytes }))
      this.#indexLines = inits.length + lines.length;
  }

  #segmentFile({ sequence }: Pick<Kept, 'sequence'>): FetchedFile | undefined {
    const kept = this.#bySequence.get(sequence);
    if (!kept) return undefined;
    const { waiting, hasPictures, bytes: size } = kept;
    if (waiting) return { bytes: waiting, hasPictures };
    const path = this.#pathOf(kept);
    const { disk } = this.#options;
    return { stored: { size, read: (from, to) => disk.read({ path, from, to }) }, hasPictures };
  }

  #initFile(number: number): FetchedFile | undefined {
    const bytes = this.#inits.get(number);
    const user = this.#kept.find(({ init }) => init === number);
    return bytes && { bytes, hasPictures: user?.hasPictures ?? true };
  }

  get #indexPath(): string {
    return join(this.#options.dir, INDEX_FILE);
  }

  #pathOf({ file }: Kept): string {
    return join(this.#options.dir, file);
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

/** For the operator, without paths. */
function problemText(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' ? 'the disk is full' : (code ?? error.message);
}
