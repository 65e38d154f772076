import type { AmfObject } from '../amf/value.ts';
import type { Frame, MediaFrame } from '../media/frame.ts';
import { ms, msFromTicks, ticksFromMs, type Ms, type Ticks } from '../media/time.ts';
import type { Track, TrackId } from '../media/track.ts';
import type { Arrivals } from './arrivals.ts';
import { Batch, type Opening } from './batch.ts';
import type { GopCache } from './gop-cache.ts';
import type { TimeBase } from './time-base.ts';
import type { StreamFacts, WireFormat } from './wire-format.ts';

/**
 * mpegts.js and others read FLV time as a signed 32-bit number: nobody may be given 2^31 ms or more. An hour before
 * that a wire's last viewers are asked to connect again.
 */
const LAST_WIRE_MS = 2 ** 31 - 3_600_000;

/** What a wire needs of its stream. */
export interface WireSource {
  readonly gop: GopCache;
  readonly facts: () => StreamFacts;
  readonly timeBase: TimeBase;
  readonly arrivals: Arrivals;
}

/** Makes batches of frames in one wire format: a wire's clock, the codec configurations that it has told, and the open batch. */
export class BatchWriter {
  readonly #format: WireFormat;
  readonly #gop: GopCache;
  readonly #facts: () => StreamFacts;
  readonly #timeBase: TimeBase;
  readonly #arrivals: Arrivals;
  /** The stream's time at this wire's zero. */
  #zero: Ticks | undefined;
  #elapsed: Ms = ms(0);
  #isSpent = false;
  /** {@link #elapsed} at the end of the last batch. */
  #closedAt: Ms = ms(0);
  /** Codec configurations as of the last frame written. */
  readonly #tracks = new Map<TrackId, Track>();
  /** Frames of the open batch. */
  #open: Frame[] = [];
  #bytes = 0;
  #hasVideo = false;
  /** What the publisher had said with each `onMetaData` of the open batch, in their order. */
  #said: (AmfObject | undefined)[] = [];

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
  }

  /** Milliseconds from this wire's zero to the last frame that was written. */
  get elapsed(): Ms {
    return this.#elapsed;
  }

  /** No later frame than those that are here can be given to these viewers. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Frames in the open batch. */
  get frames(): number {
    return this.#open.length;
  }

  /** Bytes of those frames. */
  get bytes(): number {
    return this.#bytes;
  }

  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  /** Adds a frame that these viewers want to the open batch. */
  add(frame: Frame): void {
    this.#open.push(frame);
    this.#bytes += frame.payload.length;
    if (frame.kind === 'video') this.#hasVideo = true;
    if (isMetadata(frame)) this.#said.push(this.#facts().metadata);
    this.#zero ??= this.#timeBase.zeroFor(frame.dts);
    this.#isSpent = frame.dts - this.#zero > ticksFromMs(LAST_WIRE_MS);
  }

  /** The open batch; the next frame opens another one. */
  close(): Batch {
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
    this.#bytes = 0;
    this.#hasVideo = false;
    this.#said = [];
    const ms = this.#elapsed - this.#closedAt;
    this.#closedAt = this.#elapsed;
    return new Batch(room, headroom, { gop, ms });
  }

  /** The last that is said when the stream is over; undefined: nothing. */
  ending(): Batch | undefined {
    const format = this.#format;
    if (!format.ending || this.#zero === undefined) return undefined;
    const last = [...this.#tracks.values()].flatMap((track) => format.ending?.(track, this.#elapsed) ?? []);
    return last.length === 0 ? undefined : Batch.of(Buffer.concat(last), format.headroom);
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
