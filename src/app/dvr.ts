import { join, resolve } from 'node:path';
import type { Settings } from '../config/schema.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { EventFeed } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { DvrArchive } from '../outputs/dvr/dvr-archive.ts';
import { DvrDisk } from '../outputs/dvr/dvr-disk.ts';
import { continuedLives } from '../outputs/dvr/continued-lives.ts';
import type { IndexedSegment } from '../outputs/dvr/dvr-index.ts';
import { findFormerLives, type FormerLife } from '../outputs/dvr/former-lives.ts';
import type { PlaylistNumbers } from '../outputs/hls/numbers.ts';
import type { RenditionId } from '../outputs/hls/rendition-id.ts';

export interface DvrOptions {
  /** In force now: they may change. */
  readonly settings: () => Settings;
  /** ms since 1970. */
  readonly clock: () => number;
  readonly feed: EventFeed;
  readonly log: Log;
}

/** Whose past it is, and what its playlist would begin with. */
export interface NewArchive {
  readonly name: StreamName;
  readonly rendition: RenditionId;
  readonly seconds: number;
  readonly first: PlaylistNumbers;
}

export interface OpenedArchive {
  readonly archive: DvrArchive;
  readonly first: PlaylistNumbers;
  /** There is a past already, of a life that was cut off. */
  readonly continues: boolean;
}

/** In the data directory. */
const FOLDER = 'dvr';
/** A client that is slower than this does not keep the past of a stream that is over. */
const MAX_HELD_MS = 30 * 60_000;
/** What the main rendition is called. */
const MAIN: RenditionId = 'video';

/** What a life that was cut off has left, by the numbers with which it goes on. */
interface Continued extends Pick<FormerLife, 'dir' | 'inits' | 'bytes' | 'until'> {
  readonly segments: readonly IndexedSegment[];
  /** The number of the segment behind them. */
  readonly sequence: number;
}

/** The past of all streams whose players may go back: how much of the disk it may take, and what is left of it after a crash. */
export class Dvr {
  readonly #options: DvrOptions;
  readonly #root: string;
  readonly #disk: DvrDisk;
  /** Whose they are; former lives of a stream are among them, in front of its newest. */
  readonly #archives = new Map<DvrArchive, Pick<NewArchive, 'name' | 'rendition'>>();
  /** By `app/stream/rendition`. */
  #former = new Map<string, FormerLife>();
  /** Of streams that have begun again, and whose renditions have not yet. */
  readonly #continued = new Map<string, Continued>();
  #stale: readonly string[] = [];
  #isClosing = false;

  constructor(options: DvrOptions) {
    this.#options = options;
    this.#root = resolve(options.settings().data.dir, FOLDER);
    this.#disk = new DvrDisk(this.#root);
  }

  /** Call when the data directory is there, before the first stream. */
  async open(): Promise<void> {
    const since = this.#options.clock() - this.#longest() * 1000;
    const { lives, stale } = await findFormerLives(this.#root, since);
    this.#former = lives;
    this.#stale = stale;
  }

  /** Call when the doors are open: another gateway whose they are has its folder here, too. */
  tidy(): void {
    for (const path of this.#stale) this.#disk.remove(path);
    this.#stale = [];
  }

  /** Bytes on the disk, those included that a life that was cut off has left and nobody has gone on from. */
  get bytes(): number {
    let bytes = 0;
    for (const archive of this.#archives.keys()) bytes += archive.bytes;
    for (const former of this.#left()) bytes += former.bytes;
    return bytes;
  }

  /** What is kept of a stream: how far players can go back in the newest life of its main rendition, and how much it all takes. */
  keptOf({ path }: StreamName): { readonly seconds: number; readonly bytes: number } | undefined {
    let kept: { readonly seconds: number; readonly bytes: number } | undefined;
    for (const [archive, { name, rendition }] of this.#archives) {
      if (name.path !== path) continue;
      const { seconds = 0, bytes = 0 } = kept ?? {};
      const far = rendition === 'video' ? Math.round(archive.seconds * 10) / 10 : seconds;
      kept = { seconds: far, bytes: bytes + archive.bytes };
    }
    return kept;
  }

  /** A rendition begins. */
  begin({ name, rendition, seconds, first }: NewArchive): OpenedArchive {
    const of = `${name.path}/${rendition}`;
    if (rendition === MAIN) this.#continue(name.path, first.sequence);
    const former = this.#continued.get(of);
    this.#continued.delete(of);
    const archive: DvrArchive = new DvrArchive({
      dir: former?.dir ?? join(this.#root, of, `${first.sequence}`),
      seconds,
      disk: this.#disk,
      former,
      trouble: (what) => this.#tell(name, what),
      grown: () => this.#keepWithin(),
      makeRoom: (bytes) => this.#makeRoom(bytes),
    });
    this.#archives.set(archive, { name, rendition });
    const sequence = Math.max(first.sequence, former?.sequence ?? 0);
    return { archive, first: { ...first, sequence }, continues: former !== undefined };
  }

  /** The stream has come to its end. Where it is the gateway that ends, its next start goes on from here. */
  ended(archive: DvrArchive): void {
    if (!this.#isClosing) archive.end();
  }

  /** Nobody can ask for it any more. Who is in the middle of a clip gets the rest of it. */
  forget(archive: DvrArchive): void {
    const remove = (): void => {
      clearTimeout(latest);
      if (this.#isClosing || !this.#archives.delete(archive)) return;
      archive.remove();
    };
    const latest = setTimeout(remove, MAX_HELD_MS).unref();
    archive.whenUnused(remove);
  }

  /** Call about once a second. */
  tick(): void {
    const since = this.#options.clock() - this.#longest() * 1000;
    for (const { dir, until } of this.#left()) if (until < since) this.#dropFormer(dir);
  }

  /** From now on everything stays as it is, for the next start. Call before the streams end. */
  keep(): void {
    this.#isClosing = true;
  }

  /** After all streams have ended. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#disk.settled();
  }

  /** A stream begins again where it was cut off. */
  #continue(path: string, first: number): void {
    const isOf = (of: string): boolean => of.startsWith(`${path}/`);
    for (const [of, { dir }] of this.#continued) if (isOf(of)) this.#dropFormer(dir); // renditions that did not come
    const own = new Map<string, FormerLife>();
    for (const [of, life] of this.#former) {
      if (isOf(of)) own.set(of.slice(path.length + 1), life);
    }
    const { sequence, pasts } = continuedLives(own, MAIN, first);
    for (const [rendition, { dir, inits, bytes, until }] of own) {
      const of = `${path}/${rendition}`;
      this.#former.delete(of);
      const segments = pasts.get(rendition);
      if (segments) this.#continued.set(of, { dir, inits, bytes, until, segments, sequence });
      else this.#disk.remove(dir);
    }
  }

  #tell({ path }: StreamName, what: string | undefined): void {
    const { log, feed } = this.#options;
    if (what === undefined) return log.info({ stream: path }, 'DVR: the past is kept again');
    const text = `DVR: the past is not kept as long as it should be: ${what}`;
    log.warn({ stream: path }, text);
    feed.tell({ type: 'alarm', stream: path, text });
  }

  /** What nobody has gone on from. */
  *#left(): Generator<FormerLife | Continued> {
    yield* this.#former.values();
    yield* this.#continued.values();
  }

  #dropFormer(dir: string): void {
    for (const lives of [this.#former, this.#continued])
      for (const [of, life] of lives) if (life.dir === dir) lives.delete(of);
    this.#disk.remove(dir);
  }

  /** Lives that nobody has gone on from go first, then the oldest, whosever it is. */
  #keepWithin(): void {
    this.#makeRoom(this.bytes - this.#options.settings().hls.dvrBytes);
  }

  /** False: nothing is left. */
  #makeRoom(wanted: number): boolean {
    let freed = 0;
    for (const { dir, bytes } of this.#left()) {
      if (freed >= wanted) return true;
      this.#dropFormer(dir);
      freed += bytes;
    }
    while (freed < wanted) {
      const oldest = this.#oldest();
      if (!oldest) break;
      const before = oldest.bytes;
      oldest.forgetOldest();
      freed += before - oldest.bytes;
    }
    return freed > 0;
  }

  #oldest(): DvrArchive | undefined {
    let found: DvrArchive | undefined;
    for (const archive of this.#archives.keys())
      if (archive.oldest !== undefined && archive.oldest < (found?.oldest ?? Infinity)) found = archive;
    return found;
  }

  #longest(): number {
    const { dvrSeconds, streams } = this.#options.settings().hls;
    return Math.max(dvrSeconds, ...streams.map((rule) => rule.dvrSeconds ?? 0));
  }
}
