import type { HistoryPoint } from '../servers/http/api/parts.ts';
import { countViewers } from '../servers/http/stream-report.ts';
import { History } from '../stream/history.ts';
import type { Stream } from '../stream/stream.ts';

/** Distance of points. */
const POINT_MS = 2_000;
const KEPT_MS = 30 * 60_000;
const KEPT_POINTS = KEPT_MS / POINT_MS;
/** Streams that are over and still have a past; the one longest over is forgotten for another: 43 kB each at most. */
const MAX_FORMER = 200;
/** The clock that calls us is not exact to the ms: what is nearly due is due. */
const SLACK_MS = 200;

export interface StreamPastOptions {
  /** ms since 1970. */
  readonly clock: () => number;
  /** Bytes given to a stream's HLS players so far, and how many there are now. */
  readonly hls: (path: string) => { readonly bytes: number; readonly viewers: number };
  /** How late frames came in the last second beside the stream's own clock, ms, at most. */
  readonly lateMs: (path: string) => number | undefined;
}

interface Past {
  readonly history: History;
  stream: Stream | undefined;
  at: number;
  bytesIn: number;
  bytesOut: number;
  frames: number;
  lateMs: number | undefined;
}

/** The last half hour of every stream: a point every two seconds, from what is counted anyway. */
export class StreamPast {
  readonly #options: StreamPastOptions;
  readonly #pasts = new Map<string, Past>();

  constructor(options: StreamPastOptions) {
    this.#options = options;
  }

  /** Streams that have a past, those that are over included. */
  get size(): number {
    return this.#pasts.size;
  }

  /** Oldest first; none of a stream that is not known. */
  of(path: string): HistoryPoint[] {
    const since = this.#options.clock() - KEPT_MS;
    const moments = this.#pasts.get(path)?.history.moments(since) ?? [];
    return moments.map((one) => ({
      at: one.at,
      kbpsIn: one.kbpsIn ?? null,
      kbpsOut: one.kbpsOut ?? null,
      fps: one.fps ?? null,
      viewers: one.viewers,
      lateMs: one.lateMs ?? null,
    }));
  }

  /** Call about once a second while there are streams. */
  tick(streams: readonly Stream[]): void {
    const now = this.#options.clock();
    for (const stream of streams) this.#look(stream, now);
  }

  /** A stream is over; its past stays for a while. */
  ended(stream: Stream): void {
    const { path } = stream.name;
    const past = this.#pasts.get(path);
    if (past?.stream !== stream) return;
    past.stream = undefined; // it holds the last seconds of media
    this.#pasts.delete(path); // to the end of the order
    this.#pasts.set(path, past);
    this.#forget();
  }

  #look(stream: Stream, now: number): void {
    const past = this.#pastOf(stream, now);
    const late = this.#options.lateMs(stream.name.path);
    if (late !== undefined) past.lateMs = Math.max(past.lateMs ?? 0, late);
    // A clock that was set back would make us wait until it is there again.
    if (now >= past.at && now - past.at < POINT_MS - SLACK_MS) return;
    this.#measure(past, stream, now);
  }

  #measure(past: Past, stream: Stream, now: number): void {
    const seconds = (now - past.at) / 1000;
    const is = this.#countsOf(stream);
    const per = (count: number): number | undefined =>
      seconds > 0 ? Math.max(0, count) / seconds : undefined;
    const kbps = (bytes: number): number | undefined => {
      const rate = per(bytes);
      return rate === undefined ? undefined : Math.round((rate * 8) / 100) / 10;
    };
    const fps = per(is.frames - past.frames);
    past.history.add({
      at: now,
      kbpsIn: kbps(is.bytesIn - past.bytesIn),
      kbpsOut: kbps(is.bytesOut - past.bytesOut),
      fps: fps === undefined ? undefined : Math.round(fps * 10) / 10,
      viewers: is.viewers,
      lateMs: past.lateMs === undefined ? undefined : Math.round(past.lateMs),
    });
    Object.assign(past, { at: now, bytesIn: is.bytesIn, bytesOut: is.bytesOut, frames: is.frames });
    past.lateMs = undefined;
  }

  #countsOf(stream: Stream) {
    const hls = this.#options.hls(stream.name.path);
    const { rtmp, 'http-flv': httpFlv, 'ws-flv': wsFlv } = countViewers(stream);
    return {
      bytesIn: stream.meter.bytesIn,
      bytesOut: Object.values(stream.bytesOut).reduce((sum, bytes) => sum + bytes, hls.bytes),
      frames: stream.meter.videoFrames,
      viewers: rtmp + httpFlv + wsFlv + hls.viewers,
    };
  }

  /** The past of this stream; a stream that begins goes on with that of the last one of its name. */
  #pastOf(stream: Stream, now: number): Past {
    const { path } = stream.name;
    const known = this.#pasts.get(path);
    if (known?.stream === stream) return known;
    const { bytesIn, bytesOut, frames } = this.#countsOf(stream);
    const history = known?.history ?? new History(KEPT_POINTS);
    const past = { history, stream, at: now, bytesIn, bytesOut, frames, lateMs: undefined };
    this.#pasts.set(path, past);
    return past;
  }

  #forget(): void {
    const old = this.#options.clock() - KEPT_MS;
    const former = [...this.#pasts].filter(([, { stream }]) => stream === undefined);
    former.forEach(([path, past], index) => {
      const isSurplus = index < former.length - MAX_FORMER;
      if (isSurplus || (past.history.newestAt ?? 0) < old) this.#pasts.delete(path);
    });
  }
}
