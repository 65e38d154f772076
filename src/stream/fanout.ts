import type { Frame } from '../media/frame.ts';
import type { WireSource } from './batch-writer.ts';
import type { FrameSink } from './frame-sink.ts';
import type { Viewer, ViewerEnd } from './viewer.ts';
import { Wire } from './wire.ts';
import type { WireFormat } from './wire-format.ts';

export interface FanoutOptions extends WireSource {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Asked at each flush: under load batches grow. */
  readonly pace: Pace;
}

export interface Pace {
  /** How long frames are collected; 0: a batch closes with each video frame. */
  readonly batchMs: number;
}

/**
 * How long sound waits for company when no picture comes along: 2 AAC frames at 48 kHz, so that an audio-only stream
 * costs half the writes and gains 43 ms.
 */
const AUDIO_HOLD_MS = 40;
/** How often viewers who are behind are given more although no batch has closed. */
const PUMP_MS = 20;

/** All viewers of one stream in one wire format, on one or, over weeks, several time bases. */
export class Fanout implements FrameSink {
  readonly format: WireFormat;
  readonly #options: FanoutOptions;
  #wires: Wire[] = [];
  #bytesOfFormerWires = 0;
  #pumpedAt = 0;

  constructor(format: WireFormat, options: FanoutOptions) {
    this.format = format;
    this.#options = options;
  }

  get viewerCount(): number {
    return this.#wires.reduce((sum, wire) => sum + wire.viewers.size, 0);
  }

  get bytesOut(): number {
    return this.#wires.reduce((sum, wire) => sum + wire.bytesOut, this.#bytesOfFormerWires);
  }

  *viewers(): Generator<Viewer> {
    for (const wire of this.#wires) yield* wire.viewers;
  }

  join(viewer: Viewer, fromGop: boolean): void {
    let wire = this.#wires.at(-1);
    if (!wire || wire.isOld) {
      wire = new Wire(this.format, this.#options);
      this.#wires.push(wire);
    }
    wire.join(viewer, fromGop);
  }

  leave(viewer: Viewer): void {
    for (const wire of this.#wires) wire.leave(viewer);
    this.#dropUnwatched();
  }

  write(frame: Frame): void {
    if (this.#wires.length === 0) return;
    const now = this.#options.now();
    for (const wire of this.#wires) wire.write(frame, now);
  }

  flush(): void {
    if (this.#wires.length === 0) return;
    const now = this.#options.now();
    for (const wire of this.#wires) wire.flush(now, this.#options.pace.batchMs, AUDIO_HOLD_MS);
    if (now - this.#pumpedAt < PUMP_MS) return;
    this.#pumpedAt = now;
    for (const wire of this.#wires) for (const viewer of wire.viewers) viewer.pump();
  }

  end(reason: ViewerEnd): void {
    const now = this.#options.now();
    for (const wire of [...this.#wires]) {
      wire.flush(now, 0, 0); // no company will come for what is held
      wire.end(reason, now);
    }
  }

  /** A wire without viewers would go on making bytes for nobody. */
  #dropUnwatched(): void {
    for (const wire of this.#wires) if (wire.viewers.size === 0) this.#bytesOfFormerWires += wire.bytesOut;
    this.#wires = this.#wires.filter((wire) => wire.viewers.size > 0);
  }
}
