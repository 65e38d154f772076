import type { AmfObject } from '../amf/value.ts';
import type { Frame, MediaFrame } from '../media/frame.ts';
import { ms, msFromTicks, ticksFromMs, type Ms, type Ticks } from '../media/time.ts';
import type { Track, TrackId } from '../media/track.ts';
import type { Arrivals } from './arrivals.ts';
import { Batch, type Opening } from './batch.ts';
import type { GopCache } from './gop-cache.ts';
import { RENEW_MS, type TimeBase } from './time-base.ts';
import type { Viewer, ViewerEnd } from './viewer.ts';
import type { StreamFacts, WireFormat } from './wire-format.ts';

/**
 * mpegts.js and others read FLV time as a signed 32-bit number: nobody may be given 2^31 ms or more. An hour before
 * that a wire's last viewers are asked to connect again.
 */
const LAST_WIRE_MS = 2 ** 31 - 3_600_000;

/**
 * A GOP of 10 s at 20 Mb/s is 25 MB: in one batch a viewer's queue would not show how much of it has been read. So many
 * frames are about half a second.
 */
const CACHED_FRAMES_PER_BATCH = 32;
/**
 * Bytes of frames with which a batch is closed whatever its age: a machine that cannot keep up makes batches longer, and a
 * publisher who is ahead of time could put seconds into one, which a viewer's queue cannot take in part.
 */
const FULL_BATCH_BYTES = 256 * 1024;

/** What a wire needs of its stream. */
export interface WireSource {
  readonly gop: GopCache;
  readonly facts: () => StreamFacts;
  readonly timeBase: TimeBase;
  readonly arrivals: Arrivals;
}

/**
 * One wire format of one stream with one time base. Frames go in; each closed batch is made once and goes to every
 * viewer in one write. Exists only while somebody watches.
 */
export class Wire {
  readonly #format: WireFormat;
  readonly #gop: GopCache;
  readonly #facts: () => StreamFacts;
  readonly #timeBase: TimeBase;
  readonly #arrivals: Arrivals;
  readonly #viewers = new Set<Viewer>();
  /** The stream's time at this wire's zero. */
  #zero: Ticks | undefined;
  #elapsed: Ms = ms(0);
  /** No later frame than those that are here can be given to these viewers. */
  #isSpent = false;
  /** {@link #elapsed} at the end of the last batch. */
  #closedAt: Ms = ms(0);
  /** Codec configurations as of the last frame written. */
  readonly #tracks = new Map<TrackId, Track>();
  /** Frames of the open batch. */
  #open: Frame[] = [];
  #openBytes = 0;
  #openedAt = 0;
  #openHasVideo = false;
  /** What the publisher had said with each `onMetaData` of the open batch, in their order. */
  #said: (AmfObject | undefined)[] = [];
  /** Closed batches from the GOP's start on; empty when there is nothing to start from. */
  #recent: Batch[] = [];
  /** The frame that opened the GOP of `#recent`. Once the stream has a later one, that is in the open batch. */
  #recentFrom: Frame | undefined;
  /** What viewers who have left were given. */
  #bytesToFormer = 0;

  /** Takes over what the stream has of the current GOP, so that the first viewer can start at once. */
  constructor(format: WireFormat, source: WireSource) {
    this.#format = format;
    this.#gop = source.gop;
    this.#facts = source.facts;
    this.#timeBase = source.timeBase;
    this.#arrivals = source.arrivals;
    // Nobody has been given anything yet, so all configurations can go in front: players want them before any frame.
    const { tracks } = this.#facts();
    for (const kind of ['video', 'audio'] as const) {
      const frame = this.#gop.frames.find((one) => one.kind === kind);
      const track = tracks[kind];
      if (track && frame && format.wants(frame)) this.#tracks.set(track.id, track);
    }
    for (const frame of this.#gop.frames) {
      this.write(frame, 0);
      if (this.#open.length >= CACHED_FRAMES_PER_BATCH) this.#remember(this.#closeBatch());
    }
    if (this.#open.length > 0) this.#remember(this.#closeBatch());
  }

  get viewers(): ReadonlySet<Viewer> {
    return this.#viewers;
  }

  get bytesOut(): number {
    let sum = this.#bytesToFormer;
    for (const viewer of this.#viewers) sum += viewer.bytesOut;
    return sum;
  }

  /** True when new viewers should be given a wire with a later time base. */
  get isOld(): boolean {
    return this.#elapsed > RENEW_MS;
  }

  /** `fromGop`: start with what is there of the current GOP; otherwise at the next key frame. */
  join(viewer: Viewer, fromGop: boolean): void {
    this.#viewers.add(viewer);
    const first = this.#recent[0];
    if (fromGop && viewer.hasRoom && first?.opening && this.#recentFrom === this.#gop.first)
      viewer.begin(first.opening, [first.fromGop(), ...this.#recent.slice(1)]);
  }

  leave(viewer: Viewer): void {
    if (this.#viewers.delete(viewer)) this.#bytesToFormer += viewer.bytesOut;
  }

  /** Adds a frame to the open batch. `now` in ms, monotonic. */
  write(frame: Frame, now: number): void {
    // One read may bring hours, if a publisher's clock races: the bound holds for every frame of a batch.
    if (this.#isSpent || !this.#format.wants(frame)) return;
    if (this.#open.length === 0) this.#openedAt = now;
    this.#open.push(frame);
    this.#openBytes += frame.payload.length;
    if (frame.kind === 'video') this.#openHasVideo = true;
    if (isMetadata(frame)) this.#said.push(this.#facts().metadata);
    this.#zero ??= this.#timeBase.zeroFor(frame.dts);
    this.#isSpent = frame.dts - this.#zero > ticksFromMs(LAST_WIRE_MS);
  }

  /** Writes the open batch to every viewer if it is due: at once with video if `batchMs` is 0, else by its age, or when it is full. */
  flush(now: number, batchMs: number, audioHoldMs: number): void {
    if (this.#open.length === 0) return;
    const holdMs = batchMs > 0 ? batchMs : this.#openHasVideo ? 0 : audioHoldMs;
    if (now - this.#openedAt < holdMs && this.#openBytes < FULL_BATCH_BYTES) return;
    const batch = this.#closeBatch();
    this.#remember(batch);
    for (const viewer of this.#viewers) viewer.deliver(batch, now);
    if (this.#isSpent) this.end('timestamps used up, connect again', now);
  }

  /** Closes every viewer. `now` in ms, monotonic. */
  end(reason: ViewerEnd, now: number): void {
    if (reason === 'stream ended' || reason === 'shutting down') this.#sayEnd(now);
    for (const viewer of [...this.#viewers]) viewer.close(reason);
  }

  #sayEnd(now: number): void {
    const format = this.#format;
    if (!format.ending || this.#zero === undefined) return;
    const last = [...this.#tracks.values()].flatMap((track) => format.ending?.(track, this.#elapsed) ?? []);
    if (last.length === 0) return;
    const batch = Batch.of(Buffer.concat(last), format.headroom);
    for (const viewer of this.#viewers) viewer.deliver(batch, now);
  }

  #closeBatch(): Batch {
    const { headroom } = this.#format;
    const parts = this.#open.map((frame, index) => this.#plan(frame, index));
    const size = parts.reduce((sum, part) => sum + part.bytes, headroom);
    const room = Buffer.allocUnsafe(size);
    let at = headroom;
    let gop: { at: number; opening: Opening } | undefined;
    for (const { frame, time, before, opening, clock } of parts) {
      if (before) at += before.copy(room, at);
      if (opening) gop = { at: at - headroom, opening };
      if (clock) at += clock.copy(room, at);
      if (frame) at = this.#format.write(frame, time, room, at);
    }
    this.#open = [];
    this.#openBytes = 0;
    this.#openHasVideo = false;
    this.#said = [];
    const ms = this.#elapsed - this.#closedAt;
    this.#closedAt = this.#elapsed;
    return new Batch(room, headroom, { gop, ms });
  }

  /** Decides what one frame of the open batch needs on the wire, in the order of the frames. */
  #plan(frame: Frame, index: number): Part {
    const time = this.#timeOf(frame);
    if (isMetadata(frame)) return this.#planMetadata(time);
    const before = frame.kind === 'data' ? undefined : this.#changedConfiguration(frame, time);
    const opening = this.#startsHere(frame, index) ? this.#openingAt(frame, time) : undefined;
    const clock = this.#clockAt(frame, time);
    const bytes = this.#format.measure(frame, time) + (before?.length ?? 0) + (clock?.length ?? 0);
    return { frame, time, bytes, before, opening, clock };
  }

  /** The publisher's own words may be about tracks that are not there: viewers get what the opening would have said. */
  #planMetadata(time: Ms): Part {
    // The tracks as of now: encoders name them just before they send them.
    const before = this.#format.metadata({ ...this.#facts(), metadata: this.#said.shift() }, time);
    return { frame: undefined, time, bytes: before.length, before, opening: undefined, clock: undefined };
  }

  #clockAt(frame: Frame, time: Ms): Buffer | undefined {
    if (!this.#format.clock) return undefined;
    const arrivedAt = this.#arrivals.of(frame);
    return arrivedAt === undefined ? undefined : this.#format.clock(arrivedAt, time);
  }

  #timeOf(frame: Frame): Ms {
    // Wires end long before 2^31 (see LAST_WIRE_MS), so only the lower bound can be met.
    const time = ms(Math.max(0, msFromTicks((frame.dts - (this.#zero ?? frame.dts)) as Ticks)));
    if (time > this.#elapsed) this.#elapsed = time;
    return time;
  }

  #changedConfiguration(frame: MediaFrame, time: Ms): Buffer | undefined {
    const { track } = frame;
    if (this.#tracks.get(track.id) === track) return undefined;
    this.#tracks.set(track.id, track);
    return this.#format.configuration(track, time);
  }

  #startsHere(frame: Frame, index: number): boolean {
    const { first } = this.#gop;
    if (!first || frame === first) return frame === first;
    // These viewers do not want the frame that opens the GOP (sound only): they can start with any batch.
    return index === 0 && frame.kind === 'audio' && !this.#format.wants(first);
  }

  #openingAt(frame: Frame, time: Ms): Opening {
    const format = this.#format;
    this.#forgetFormerTracks();
    // This one is there, even if the stream has given up on its track since.
    if (frame.kind !== 'data') this.#tracks.set(frame.track.id, frame.track);
    const tracks = [...this.#tracks.values()];
    const configurations = (at: Ms): Buffer[] => tracks.map((track) => format.configuration(track, at));
    let first: Batch | undefined;
    let told: StreamFacts | undefined;
    let resume: Batch | undefined;
    return {
      first: () => {
        const facts = this.#facts();
        // A track or new metadata may have come since the GOP began.
        if (!first || facts.tracks !== told?.tracks || facts.metadata !== told.metadata) {
          first = Batch.of(Buffer.concat([format.header(facts), ...configurations(ms(0))]), format.headroom);
          told = facts;
        }
        return first;
      },
      resume: () => (resume ??= Batch.of(Buffer.concat(configurations(time)), format.headroom)),
    };
  }

  /** What only a former publisher sent is not promised to new viewers; should it come, its configuration comes with it. */
  #forgetFormerTracks(): void {
    const { tracks } = this.#facts();
    for (const [id, { kind }] of this.#tracks) if (!tracks[kind]) this.#tracks.delete(id);
  }

  #remember(batch: Batch): void {
    if (batch.opening) {
      this.#recent = [batch];
      this.#recentFrom = this.#gop.first;
    } else if (!this.#gop.first) this.#recent = [];
    else if (this.#recent.length > 0) this.#recent.push(batch);
  }
}

function isMetadata(frame: Frame): boolean {
  return frame.kind === 'data' && frame.name === 'onMetaData';
}

/** One frame of the open batch, measured. */
interface Part {
  /** Undefined where {@link before} stands in its place. */
  readonly frame: Frame | undefined;
  readonly time: Ms;
  readonly bytes: number;
  /** Goes in front of the frame: the configuration of a track that the viewers do not know yet. */
  readonly before: Buffer | undefined;
  /** Set if a viewer can start with this frame. */
  readonly opening: Opening | undefined;
  /** Goes in front of the frame too, and is for those who start with it as well. */
  readonly clock: Buffer | undefined;
}
