import type { MediaFrame } from '../media/frame.ts';
import { TICKS_PER_SECOND } from '../media/time.ts';
import type { TrackId } from '../media/track.ts';
import type { CommonLengths } from '../outputs/hls/common-lengths.ts';
import type { CutSchedule } from '../outputs/hls/cut-schedule.ts';
import type { HlsFacts, HlsOutput } from '../outputs/hls/hls-output.ts';
import { laterNumbers, type PlaylistNumbers } from '../outputs/hls/numbers.ts';
import type { RenditionReport } from '../outputs/hls/playlist.ts';
import { apartOf, isApart, isSound, numberOf, type RenditionId } from '../outputs/hls/rendition-id.ts';
import type { AnyHlsFile, HlsAsk, HlsFile, HlsPlaylist, HlsSource } from '../servers/http/hls-source.ts';
import type { FrameSink } from '../stream/frame-sink.ts';
import { RenditionFeed, type Stages } from './rendition-feed.ts';

/** How the renditions of a life go together. */
export interface Together {
  readonly cuts: CutSchedule;
  readonly beside?: () => readonly HlsOutput[];
  readonly reports: () => readonly RenditionReport[];
}

export interface HlsLifeOptions {
  readonly cuts: CutSchedule;
  /** The lowest numbers that its segments may have. */
  readonly first: PlaylistNumbers;
  /** @param rendition undefined: the main one */
  readonly make: (
    rendition: RenditionId | undefined,
    first: PlaylistNumbers,
    together: Together,
  ) => HlsOutput;
  /** How far renditions of other streams are that are in one ladder with it. */
  readonly otherReports?: () => readonly RenditionReport[];
  /** A rendition has come to its end, before the stream or with it. */
  readonly ended: (output: HlsOutput) => void;
  /** Nothing of it can be fetched any more. */
  readonly letGo: (output: HlsOutput) => void;
}

/** Seconds: a rendition whose own track has been silent for so long while the others went on is at its end. */
const SILENT_SECONDS = 4;
/** In target durations, where that is longer: its playlist is stale by then. */
const SILENT_DURATIONS = 2;
/** Renditions that are over and can still be fetched; the one longest over goes for another. */
const MAX_STOPPED = 8;

/** One life of a stream in HLS: its main rendition, and those that come and go beside it. */
export class HlsLife implements HlsSource {
  readonly main: HlsOutput;
  readonly #options: HlsLifeOptions;
  readonly #feeds = new Map<RenditionId, RenditionFeed>();
  /** In the multivariant playlist. */
  readonly #beside = new Map<RenditionId, HlsOutput>();
  /** There has been a sound to choose; players that have begun with what is apart go on with it. */
  #hasChoice = false;
  readonly #stopped: HlsOutput[] = [];
  /** Renditions that were let go need not be remembered for their numbers. */
  #next: PlaylistNumbers;

  constructor(options: HlsLifeOptions) {
    this.#options = options;
    this.#next = options.first;
    const { cuts, first } = options;
    const beside = (): readonly HlsOutput[] => this.#inOrder();
    this.main = options.make(undefined, first, { cuts, beside, reports: () => this.#reports(this.main) });
  }

  /** Settled for all its playlists. */
  get lengths(): CommonLengths {
    return this.#options.cuts.lengths;
  }

  /** What a rendition beside the main one is written to. */
  feed(id: TrackId): FrameSink {
    if (isSound(id)) this.#hasChoice = true;
    // A picture's frames and those of the main sound, or of a sound.
    return this.#feed(id, { taken: (frame) => frame, isOwn: ({ track }) => track.id === id });
  }

  /**
   * What a rendition's frames are written to for players that choose among sounds: its picture alone, and of the main one
   * also its sound alone. Nothing is made of them before there is another sound.
   *
   * @param of a picture beside the main one; by default that
   */
  apart(of: TrackId = 'video'): FrameSink {
    const feeds = (of === 'video' ? ([of, 'audio'] as const) : [of]).map((own) => this.#apart(own));
    return {
      write: (frame) => {
        if (this.#hasChoice) for (const feed of feeds) feed.write(frame);
      },
      flush: () => undefined,
      interrupt: () => feeds.forEach((feed) => feed.interrupt()),
      end: () => feeds.forEach((feed) => feed.end()),
    };
  }

  /** Looks for renditions that have fallen silent; call about once a second. */
  tick(): void {
    const target = this.#options.cuts.targetDuration ?? 0;
    const patience = Math.max(SILENT_SECONDS, SILENT_DURATIONS * target) * TICKS_PER_SECOND;
    for (const feed of this.#feeds.values()) feed.rest(this.main.writtenUntil - patience);
  }

  /** What a later life of the stream must begin with at least. */
  get next(): PlaylistNumbers {
    let next = laterNumbers(this.#next, this.main.next);
    for (const output of this.#all()) next = laterNumbers(next, output.next);
    return next;
  }

  /** Of the main rendition, with what is held and left out in all. */
  facts(): HlsFacts {
    const main = this.main.facts();
    let { bytesHeld, framesDropped, problem } = main;
    for (const output of this.#all()) {
      const facts = output.facts();
      bytesHeld += facts.bytesHeld;
      if (isApart(output.id)) continue; // as in what it is a part of
      framesDropped += facts.framesDropped;
      if (facts.problem !== undefined) problem ??= `${output.id}: ${facts.problem}`;
    }
    return { ...main, bytesHeld, framesDropped, problem };
  }

  /** By the publisher's number for its track; a picture before a sound of the same number. */
  rendition(track: number): HlsOutput | undefined {
    if (track === 0) return this.main;
    return this.#named(`video${track}`)[0] ?? this.#named(`audio${track}`)[0];
  }

  /** Those beside the main one that are there now, by their own tracks. */
  get beside(): readonly HlsOutput[] {
    return this.#inOrder().filter(({ id }) => !isApart(id));
  }

  /** What a multivariant playlist may name. */
  get rungs(): readonly HlsOutput[] {
    return [this.main, ...this.#inOrder()];
  }

  /** How far all its renditions are, without that which asks. */
  reports(asking?: HlsOutput): readonly RenditionReport[] {
    const others = this.rungs.filter(
      (output) => output !== asking && goTogether(asking?.id ?? 'video', output.id),
    );
    return others.flatMap((output) => output.report() ?? []);
  }

  multivariant(ask: HlsAsk): ReturnType<HlsSource['multivariant']> {
    return this.main.multivariant(ask);
  }

  refusal(ask: HlsAsk): string | undefined {
    return this.main.ladderRefusal(ask);
  }

  playlist(file: string): HlsPlaylist | undefined {
    const [newest] = this.#of(file);
    // Where there is no playlist any more players go over to another rendition; at an end mark they take the stream for over.
    return newest && !this.#stopped.includes(newest) ? newest.playlist(file) : undefined;
  }

  file(name: string): HlsFile | undefined {
    for (const output of this.#of(name)) {
      const file = output.file(name);
      if (file) return file;
    }
    return undefined;
  }

  whenFile(name: string, callback: (file: AnyHlsFile | undefined) => void): (() => void) | undefined {
    for (const output of this.#of(name)) {
      const giveUp = output.whenFile(name, callback);
      if (giveUp) return giveUp;
    }
    return undefined;
  }

  whenReady(callback: () => void, segments?: number): () => void {
    return this.main.whenReady(callback, segments);
  }

  /** Nobody can fetch anything of it any more. */
  close(): void {
    for (const output of this.#all()) this.#options.letGo(output);
    this.#options.letGo(this.main);
  }

  #apart(own: TrackId): RenditionFeed {
    const taken = (frame: MediaFrame): MediaFrame | undefined =>
      frame.track.id === own ? alone(frame) : undefined;
    return this.#feed(apartOf(own), { taken, isOwn: () => true });
  }

  #feed(id: RenditionId, takes: Pick<Stages, 'taken' | 'isOwn'>): RenditionFeed {
    const begin = (): HlsOutput => this.#begin(id);
    const feed = new RenditionFeed({ ...takes, begin, end: (output) => this.#end(id, output) });
    this.#feeds.set(id, feed);
    return feed;
  }

  #begin(id: RenditionId): HlsOutput {
    const { cuts, make } = this.#options;
    const former = this.#stopped.filter((output) => output.id === id);
    const first = former.reduce((at, output) => laterNumbers(at, output.next), this.#next);
    const reports = (): readonly RenditionReport[] => this.#reports(output);
    const output: HlsOutput = make(id, first, { cuts, reports });
    this.#beside.set(id, output);
    return output;
  }

  #end(id: RenditionId, output: HlsOutput): void {
    if (this.main.isEnded) output.end();
    else output.leave();
    this.#options.ended(output);
    if (this.main.isEnded) return; // with all others: the ladder stays as it is
    this.#beside.delete(id);
    this.#stopped.unshift(output);
    if (this.#stopped.length <= MAX_STOPPED) return;
    const oldest = this.#stopped.pop()!;
    this.#next = laterNumbers(this.#next, oldest.next);
    this.#options.letGo(oldest);
  }

  /** Pictures, then sounds, by number. */
  #inOrder(): HlsOutput[] {
    const all = [...this.#beside.values()];
    return all.length < 2 ? all : all.sort((one, other) => orderOf(one.id) - orderOf(other.id));
  }

  #reports(asking: HlsOutput): readonly RenditionReport[] {
    const own = this.#beside.size === 0 ? [] : this.reports(asking);
    return [...own, ...(this.#options.otherReports?.() ?? [])];
  }

  /** Whose file is called so, the newest first. */
  #of(name: string): readonly HlsOutput[] {
    const rendition = RENDITION.exec(name)?.[0] as RenditionId | undefined;
    return rendition === undefined ? [this.main] : this.#named(rendition);
  }

  #named(id: RenditionId): readonly HlsOutput[] {
    const current = this.#beside.get(id);
    return [...(current ? [current] : []), ...this.#stopped.filter((output) => output.id === id)];
  }

  *#all(): Generator<HlsOutput> {
    yield* this.#beside.values();
    yield* this.#stopped;
  }
}

/** What the names of a rendition's playlists and files begin with. */
const RENDITION = /^(?:video|audio|picture|sound)\d+(?=[-.])/;

/** One multivariant playlist names pictures apart from their sound, another one those with it in them; other sounds are in both. */
function goTogether(one: RenditionId, other: RenditionId): boolean {
  const isInBoth = [one, other].some((id) => isSound(id) && !isApart(id));
  return isInBoth || isApart(one) === isApart(other);
}

/** Where there is no picture a player can begin with any sound. */
const alone = (frame: MediaFrame): MediaFrame =>
  frame.kind === 'audio' ? { ...frame, startsGop: true } : frame;

const orderOf = (id: RenditionId): number => (isSound(id) ? 1_000 : 0) + numberOf(id);
