import type { MediaFrame, Frame } from '../media/frame.ts';
import { secondsFromTicks, type Ticks } from '../media/time.ts';
import { trackNumber, type TrackId, type TrackKind } from '../media/track.ts';
import type { GopCacheLimits } from './gop-cache.ts';
import { Rendition, SILENT_SECONDS, type RenditionOptions } from './rendition.ts';
import type { ViewerEnd } from './viewer.ts';

/**
 * The same frames and seconds as for the main tracks, half the bytes: there may be a dozen of them, and all but the
 * main one are the smaller ones.
 */
const GOP_LIMITS: GopCacheLimits = { frames: 4_000, bytes: 16 * 1024 * 1024, seconds: 30 };

/**
 * Media seconds of a publisher after which a track that it was asked for does not come any more: some GOPs of the
 * longest usual kind, as every picture begins with a key frame of its own.
 */
const PATIENCE_SECONDS = 10;

/** A wish for a track: of a kind, or a picture of that number, or else the sound. */
export interface TrackWish {
  /** All of them over one connection, with their numbers. */
  readonly isAll?: boolean;
  readonly number: number;
  readonly kind?: TrackKind | undefined;
}

interface Waiting {
  readonly wish: TrackWish;
  readonly callback: (rendition: Rendition | undefined) => void;
}

/** What a stream has beside its main tracks, by track. A rendition lives as long as its publisher's track. */
export class Renditions {
  readonly #options: Omit<RenditionOptions, 'id' | 'gopLimits'>;
  readonly #all = new Map<TrackId, Rendition>();
  /** Decode times of the last frames of their own. */
  readonly #lastDts = new Map<TrackId, number>();
  /** Those that a former publisher had, and the present one has not sent yet. */
  readonly #awaited = new Set<TrackId>();
  readonly #waiting = new Set<Waiting>();
  /** What viewers of renditions that are no more were given, by protocol. */
  readonly bytesOutOfFormer = new Map<string, number>();
  readonly #opened: ((rendition: Rendition) => void)[] = [];
  #source = 'rtmp';
  #beganAt: Ticks | undefined;
  /** The present publisher has sent for long enough: what has not come does not come. */
  isSettled = false;

  constructor(options: Omit<RenditionOptions, 'id' | 'gopLimits'>) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  get(id: TrackId): Rendition | undefined {
    return this.#all.get(id);
  }

  values(): IterableIterator<Rendition> {
    return this.#all.values();
  }

  /** Calls back for each rendition there is, and for each that comes, before its first frame. */
  whenOpened(callback: (rendition: Rendition) => void): void {
    this.#opened.push(callback);
    for (const rendition of this.#all.values()) callback(rendition);
  }

  /** Numbers that can be asked for, in order; without 0, the main one. */
  get numbers(): number[] {
    const numbers = new Set([...this.#all.keys()].map(trackNumber));
    return [...numbers].sort((a, b) => a - b);
  }

  find({ number, kind }: TrackWish): Rendition | undefined {
    if (kind) return this.#all.get(`${kind}${number}`);
    return this.#all.get(`video${number}`) ?? this.#all.get(`audio${number}`);
  }

  /**
   * Calls back once: with the rendition, or with undefined when it is clear that there is none. At once, where it is clear
   * already. The returned function gives up without a call.
   */
  whenThere(wish: TrackWish, callback: (rendition: Rendition | undefined) => void): () => void {
    const found = this.find(wish);
    if (found || this.isSettled) {
      callback(found);
      return () => undefined;
    }
    const waiting = { wish, callback };
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  /** A new publisher. Tracks that had fallen silent are forgotten; the others are expected to go on. */
  begin(source: string, lastDts: Ticks | undefined): void {
    this.#source = source;
    this.#beganAt = undefined;
    this.isSettled = false;
    for (const [id, rendition] of this.#all) {
      const last = this.#lastDts.get(id) ?? 0;
      if (lastDts !== undefined && secondsFromTicks(lastDts - last) > SILENT_SECONDS) this.#end(id);
      else {
        rendition.begin(source);
        this.#awaited.add(id);
      }
    }
  }

  /** A frame of a track beside the main ones. */
  write(frame: MediaFrame): void {
    const { id } = frame.track;
    const rendition = this.#all.get(id) ?? this.#open(id);
    this.#lastDts.set(id, frame.dts);
    if (this.#awaited.size > 0) this.#awaited.delete(id);
    rendition.meter.count(frame);
    rendition.write(frame);
  }

  /** A frame of the main sound or script data, which go with every picture. */
  writeBeside(frame: Frame): void {
    for (const rendition of this.#all.values()) if (rendition.id.startsWith('video')) rendition.write(frame);
  }

  /** Call with the time of each frame until {@link isSettled}. */
  settle(dts: Ticks): void {
    this.#beganAt ??= dts;
    if (secondsFromTicks(dts - this.#beganAt) < PATIENCE_SECONDS) return;
    this.isSettled = true;
    for (const id of this.#awaited) this.#end(id);
    this.#answerAll();
  }

  flush(): void {
    for (const rendition of this.#all.values()) rendition.flush();
  }

  interrupt(): void {
    for (const rendition of this.#all.values()) rendition.interrupt();
  }

  /** The stream is over. */
  end(reason: ViewerEnd): void {
    for (const id of [...this.#all.keys()]) this.#end(id, reason);
    this.isSettled = true;
    this.#answerAll();
  }

  #open(id: TrackId): Rendition {
    const rendition = new Rendition({ ...this.#options, id, gopLimits: GOP_LIMITS });
    rendition.begin(this.#source);
    this.#all.set(id, rendition);
    for (const callback of this.#opened) callback(rendition);
    for (const waiting of [...this.#waiting]) {
      if (this.find(waiting.wish) !== rendition) continue;
      this.#waiting.delete(waiting);
      waiting.callback(rendition);
    }
    return rendition;
  }

  #end(id: TrackId, reason: ViewerEnd = 'stream ended'): void {
    const rendition = this.#all.get(id);
    this.#all.delete(id);
    this.#lastDts.delete(id);
    this.#awaited.delete(id);
    if (!rendition) return;
    rendition.flush();
    rendition.end(reason);
    for (const [protocol, bytes] of rendition.bytesOut)
      this.bytesOutOfFormer.set(protocol, (this.bytesOutOfFormer.get(protocol) ?? 0) + bytes);
  }

  #answerAll(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const { wish, callback } of waiting) callback(this.find(wish));
  }
}
