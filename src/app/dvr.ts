import { join, resolve } from 'node:path';
import type { Settings } from '../config/schema.ts';
import type { StreamName } from '../media/stream-name.ts';
import type { TrackId } from '../media/track.ts';
import type { Log } from '../observe/log.ts';
import { DvrArchive } from '../outputs/dvr/dvr-archive.ts';
import { DvrDisk } from '../outputs/dvr/dvr-disk.ts';
import { findFormerLives, renumbered, type FormerLife } from '../outputs/dvr/former-lives.ts';
import type { PlaylistNumbers } from '../outputs/hls/numbers.ts';

export interface DvrOptions {
  /** In force now: they may change. */
  readonly settings: () => Settings;
  /** ms since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** Whose past it is, and what its playlist would begin with. */
export interface NewArchive {
  readonly name: StreamName;
  readonly rendition: TrackId;
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

/** The past of all streams whose players may go back: how much of the disk it may take, and what is left of it after a crash. */
export class Dvr {
  readonly #options: DvrOptions;
  readonly #root: string;
  readonly #disk: DvrDisk;
  /** Whose they are; former lives of a stream are among them, in front of its newest. */
  readonly #archives = new Map<DvrArchive, Pick<NewArchive, 'name' | 'rendition'>>();
  #former = new Map<string, FormerLife>();
  #isClosing = false;

  constructor(options: DvrOptions) {
    this.#options = options;
    this.#root = resolve(options.settings().data.dir, FOLDER);
    this.#disk = new DvrDisk(this.#root);
  }

  /** Call when the data directory is there, before the first stream. */
  async open(): Promise<void> {
    this.#former = await findFormerLives(this.#root, this.#options.clock() - this.#longest() * 1000);
  }

  /** Bytes on the disk, those included that a life that was cut off has left and nobody has gone on from. */
  get bytes(): number {
    let bytes = 0;
    for (const archive of this.#archives.keys()) bytes += archive.bytes;
    for (const former of this.#former.values()) bytes += former.bytes;
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
    const { log } = this.#options;
    const of = `${name.path}/${rendition}`;
    const former = this.#former.get(of);
    this.#former.delete(of);
    const past = former?.segments ?? [];
    const last = past.at(-1)?.sequence ?? 0;
    const sequence = Math.max(first.sequence, last + 1 + past.length);
    const archive: DvrArchive = new DvrArchive({
      dir: former?.dir ?? join(this.#root, of, `${first.sequence}`),
      seconds,
      disk: this.#disk,
      former: former && { segments: renumbered(past, sequence), inits: former.inits },
      trouble: (why) => {
        if (why === undefined) log.info({ stream: name.path }, 'DVR goes on');
        else log.warn({ stream: name.path }, `DVR: the past begins anew, ${why}`);
      },
      grown: () => this.#keepWithin(),
    });
    this.#archives.set(archive, { name, rendition });
    return { archive, first: { ...first, sequence }, continues: past.length > 0 };
  }

  /** The stream has come to its end. Where it is the gateway that ends, its next start goes on from here. */
  ended(archive: DvrArchive): void {
    if (!this.#isClosing) archive.end();
  }

  /** Nobody can ask for it any more. */
  forget(archive: DvrArchive): void {
    if (this.#isClosing) return;
    archive.remove();
    this.#archives.delete(archive);
  }

  /** Call about once a second. */
  tick(): void {
    const since = this.#options.clock() - this.#longest() * 1000;
    for (const [of, { until }] of this.#former) if (until < since) this.#dropFormer(of);
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

  #dropFormer(of: string): void {
    const former = this.#former.get(of);
    this.#former.delete(of);
    if (former) this.#disk.remove(former.dir);
  }

  /** Lives that nobody has gone on from go first, then the oldest, whosever it is. */
  #keepWithin(): void {
    const { dvrBytes } = this.#options.settings().hls;
    for (const of of this.#former.keys()) {
      if (this.bytes <= dvrBytes) return;
      this.#dropFormer(of);
    }
    let { bytes } = this;
    while (bytes > dvrBytes) {
      let oldest: DvrArchive | undefined;
      for (const archive of this.#archives.keys())
        if (archive.oldest !== undefined && archive.oldest < (oldest?.oldest ?? Infinity)) oldest = archive;
      if (!oldest) return;
      bytes -= oldest.bytes;
      oldest.forgetOldest();
      bytes += oldest.bytes;
    }
  }

  #longest(): number {
    const { dvrSeconds, streams } = this.#options.settings().hls;
    return Math.max(dvrSeconds, ...streams.map((rule) => rule.dvrSeconds ?? 0));
  }
}
