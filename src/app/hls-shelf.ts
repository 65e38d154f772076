import type { StreamName } from '../media/stream-name.ts';
import { CutSchedule } from '../outputs/hls/cut-schedule.ts';
import { HlsOutput } from '../outputs/hls/hls-output.ts';
import { laterNumbers, type PlaylistNumbers } from '../outputs/hls/numbers.ts';
import type { RenditionReport } from '../outputs/hls/playlist.ts';
import { isApart, isSound, numberOf, type RenditionId } from '../outputs/hls/rendition-id.ts';
import type { SoundLabel } from '../outputs/hls/rung.ts';
import type { After } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { CommonStarts } from './common-starts.ts';
import type { DvrArchive } from '../outputs/dvr/dvr-archive.ts';
import type { Dvr } from './dvr.ts';
import { HlsLife, type Together } from './hls-life.ts';
import { HlsLives } from './hls-lives.ts';
import type { HlsSettings } from './hls-settings.ts';

export interface HlsShelfOptions {
  /** What the settings say of a stream. */
  readonly settingsOf: (name: StreamName) => HlsSettings;
  /** Wall clock, ms. */
  readonly clock: () => number;
  readonly after: After;
  /** Told, once for each, why a stream's HLS leaves a track out. */
  readonly onProblem?: (path: string, why: string) => void;
  /** What a stream's sounds are called, by the publisher's number; undefined: nobody has said. */
  readonly soundOf?: (name: StreamName, track: number) => SoundLabel | undefined;
  /** Other streams that players see as one with it, those that are on the air; by default none. */
  readonly beside?: (name: StreamName) => readonly HlsLives[];
  /** Told how long each segment is, seconds. */
  readonly onSegment?: (seconds: number) => void;
  /** Where streams' past goes; by default nowhere. */
  readonly dvr?: Pick<Dvr, 'begin' | 'ended' | 'forget'>;
  /** Where numbers begin, and who wants to know how far they have come. */
  readonly numbers: {
    first(): PlaylistNumbers;
    used(next: PlaylistNumbers): void;
  };
}

/**
 * After its end a stream can be fetched for this many window lengths: players finish what they have begun. Longer would
 * show an old event to whoever opens the link of the next one.
 */
const WINDOWS_AFTER_END = 3;
/** A window of short segments would be gone before a player with a long buffer has read the last ones. */
const MIN_SECONDS_AFTER_END = 30;
/** Names of which it is known what a next life must begin with; all others begin behind the last one dropped. */
const MAX_REMEMBERED = 1_000;

/** Every stream's HLS output, kept for a while after the stream's end. */
export class HlsShelf {
  readonly #options: HlsShelfOptions;
  readonly #lives = new Map<string, HlsLives>();
  /** No name may be used twice and no number go back, so the next numbers of streams that are over are kept: oldest first. */
  readonly #next = new Map<string, PlaylistNumbers>();
  #floor: PlaylistNumbers = { sequence: 0, discontinuity: 0 };
  readonly #cancel = new Map<HlsLife, () => void>();
  readonly #starts = new CommonStarts();
  readonly #archives = new Map<HlsOutput, DvrArchive>();
  /** What was in force when they began. */
  readonly #settings = new WeakMap<HlsLife, HlsSettings>();

  constructor(options: HlsShelfOptions) {
    this.#options = options;
  }

  find(path: string): HlsLives | undefined {
    return this.#lives.get(path);
  }

  /** Lives whose end is still to be forgotten, and names that are remembered: what a test asks about leaks. */
  get size(): { readonly lives: number; readonly ending: number; readonly remembered: number } {
    return { lives: this.#lives.size, ending: this.#cancel.size, remembered: this.#next.size };
  }

  /** How a stream is made; of one that is not there, how it would be. */
  settingsOf(name: StreamName): HlsSettings {
    const life = this.find(name.path)?.newest;
    return (life && this.#settings.get(life)) ?? this.#options.settingsOf(name);
  }

  open(stream: Stream): void {
    const { name } = stream;
    const { path } = name;
    const { settingsOf, numbers } = this.#options;
    const settings = settingsOf(name);
    const before = this.#lives.get(path);
    if (before) this.#remember(path, before.newest);
    const first = laterNumbers(numbers.first(), this.#next.get(path) ?? this.#floor);
    const life = this.#begin(stream, settings, first);
    this.#settings.set(life, settings);
    const dropped = before?.begin(life);
    if (!before) this.#lives.set(path, new HlsLives(path, life));
    if (dropped) this.#letGo(dropped);
    numbers.used(life.next);
    stream.attach(life.main);
    stream.attach({
      write: () => undefined,
      flush: () => undefined,
      end: () => this.#ended(path, life, settings),
    });
    let hasChoice = false;
    stream.renditions.whenOpened((rendition) => {
      const { id } = rendition;
      if (id === 'main') return;
      rendition.attach(life.feed(id));
      if (id.startsWith('video')) rendition.attach(life.apart(id));
      else if (!hasChoice) {
        // Most streams have one sound: nothing is called for each of their frames.
        hasChoice = true;
        stream.attach(life.apart());
      }
    });
  }

  /** Tells how far the numbers have come, and looks for renditions that have fallen silent; call about once a second. */
  tick(): void {
    for (const { newest } of this.#lives.values()) {
      newest.tick();
      this.#options.numbers.used(newest.next);
    }
  }

  clear(): void {
    for (const cancel of this.#cancel.values()) cancel();
    this.#cancel.clear();
    this.#lives.clear();
  }

  #begin(stream: Stream, settings: HlsSettings, first: PlaylistNumbers): HlsLife {
    const { name } = stream;
    const { segmentSeconds, partSeconds } = settings;
    const beside = (): readonly HlsLives[] => this.#options.beside?.(name) ?? [];
    const lengths = beside()
      .map(({ newest }) => newest.lengths)
      .find((one) => one.segmentSeconds === segmentSeconds && one.partSeconds === partSeconds);
    const startDate = (now: number): number =>
      this.#starts.date(now, name.path, {
        beside: beside().map(({ path }) => path),
        source: `${stream.publisher?.address} ${stream.publisher?.encoder}`,
      });
    // Their playlists lie in folders beside each other: /{app}/{stream}/media.m3u8.
    const otherReports = (): readonly RenditionReport[] =>
      beside().flatMap(({ path, newest }) => {
        const folder = path.slice(path.indexOf('/') + 1);
        return newest.reports().map((report) => ({ ...report, uri: `../${folder}/${report.uri}` }));
      });
    return new HlsLife({
      otherReports,
      cuts: new CutSchedule(segmentSeconds, partSeconds, { lengths, startDate }),
      first,
      make: (rendition, lowest, together) =>
        this.#make({ name, settings, rendition, first: lowest, together }),
      ended: (output) => this.#pastEnded(output),
      letGo: (output) => this.#forgetPast(output),
    });
  }

  #make({ name, settings, rendition, first, together }: NewOutput): HlsOutput {
    const { clock, onProblem, onSegment, dvr, soundOf } = this.#options;
    const { segmentSeconds, windowSegments, lowLatency, partSeconds, dvrSeconds } = settings;
    const id = rendition ?? 'video';
    const isKept = dvrSeconds > 0 && settings.container !== 'ts'; // the past is kept in CMAF
    const past = isKept ? dvr?.begin({ name, rendition: id, seconds: dvrSeconds, first }) : undefined;
    const sound = isSound(id) || !rendition ? soundOf?.(name, numberOf(id)) : undefined;
    const output = new HlsOutput({
      name,
      segmentSeconds,
      windowSegments,
      container: settings.container === 'ts' ? 'ts' : 'fmp4',
      lowLatency,
      partSeconds,
      clock,
      first,
      ...together,
      ...past,
      ...(rendition && { rendition }),
      ...(sound && { sound }),
      // What is there apart has the problems of what it is a part of.
      onProblem: (why) => !isApart(id) && onProblem?.(name.path, rendition ? `${rendition}: ${why}` : why),
      ...(onSegment && { onSegment }),
    });
    if (past) this.#archives.set(output, past.archive);
    return output;
  }

  #ended(path: string, life: HlsLife, { segmentSeconds, windowSegments }: HlsSettings): void {
    const { after, numbers } = this.#options;
    numbers.used(life.next);
    this.#pastEnded(life.main);
    const seconds = Math.max(MIN_SECONDS_AFTER_END, WINDOWS_AFTER_END * windowSegments * segmentSeconds);
    this.#cancel.set(
      life,
      after(seconds * 1000, () => this.#forget(path, life)),
    );
  }

  /** Its timer would keep all its segments. */
  #letGo(life: HlsLife): void {
    this.#cancel.get(life)?.();
    this.#cancel.delete(life);
    life.close();
  }

  #pastEnded(output: HlsOutput): void {
    const archive = this.#archives.get(output);
    if (archive) this.#options.dvr?.ended(archive);
  }

  #forgetPast(output: HlsOutput): void {
    const archive = this.#archives.get(output);
    if (archive) this.#options.dvr?.forget(archive);
    this.#archives.delete(output);
  }

  #forget(path: string, life: HlsLife): void {
    this.#cancel.delete(life);
    life.close();
    if (!this.#lives.get(path)?.forget(life)) return;
    this.#remember(path, life);
    this.#lives.delete(path);
  }

  #remember(path: string, life: HlsLife): void {
    this.#next.delete(path); // to the end of the order
    this.#next.set(path, life.next);
    if (this.#next.size <= MAX_REMEMBERED) return;
    for (const [oldest, next] of this.#next) {
      this.#next.delete(oldest);
      this.#floor = laterNumbers(this.#floor, next);
      return;
    }
  }
}

interface NewOutput {
  readonly name: StreamName;
  readonly settings: HlsSettings;
  /** Undefined: the main one. */
  readonly rendition: RenditionId | undefined;
  readonly first: PlaylistNumbers;
  readonly together: Together;
}
