import type { After } from '../stream/registry.ts';
import { backOff } from './back-off.ts';
import { Lane } from './lane.ts';
import { sizeOf, type Note, type NoteDraft } from './note.ts';

/** How sending went. The texts go on after the receiver's name. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** It was there and did not want this note: it will hardly want it an hour later. */
  | { readonly kind: 'refused'; readonly text: string }
  /** Nobody was there, or in no condition to answer. */
  | { readonly kind: 'unheard'; readonly text: string };

/** Why a note was given up. */
export type Dropped = 'full' | 'old' | 'refused';

export interface QueueLimits {
  readonly bytes: number;
  readonly ageMs: number;
}

export interface OutboxOptions {
  /** Never rejects. */
  readonly send: (note: Note, repetition: number) => Promise<Outcome>;
  /** The notes' memory on the disk. */
  readonly spool: { append(note: Note): void; done(seq: number): void };
  /** They may change. */
  readonly limits: QueueLimits;
  /** Wall clock, ms. */
  readonly clock: () => number;
  readonly after: After;
  /** 0 to 1. */
  readonly random: () => number;
  readonly dropped: (note: Note, why: Dropped, text: string) => void;
  /** The receiver has stopped answering (why, in words), or answers again (undefined). */
  readonly heard: (problem: string | undefined) => void;
}

/** Notes under way to one receiver at a time; one that hangs takes one of these for its time-out. */
const MAX_UNDER_WAY = 16;
/** So many failures in a row, over all lanes, and the receiver counts as gone: one note at a time feels for it. */
const GONE_AFTER = 3;
/** A receiver that is there and refuses a note, a proxy in front of one that restarts maybe, gets it for this long. */
export const REFUSED_PATIENCE_MS = 600_000;

/** Sends notes to one receiver: in order within a lane, until they have arrived or are too old or too many. */
export class Outbox {
  readonly #options: OutboxOptions;
  /** All, by number and so by age. */
  readonly #notes = new Map<number, Note>();
  readonly #lanes = new Map<string, Lane>();
  readonly #ready: Lane[] = [];
  #nextSeq = 1;
  #bytes = 0;
  #underWay = 0;
  #failuresInARow = 0;
  #isStopped = false;
  #delivered = 0;
  #inVain = 0;
  readonly #whenIdle: (() => void)[] = [];
  readonly #whenEmpty: (() => void)[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#notes.size;
  }

  /** Since the start. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Attempts in vain, since the start. */
  get failed(): number {
    return this.#inVain;
  }

  /** All that is not done with, in order. */
  notes(): readonly Note[] {
    return [...this.#notes.values()];
  }

  /** Takes over what an earlier run has left. Call first. @param nextSeq one past the highest number used so far */
  restore(notes: readonly Note[], nextSeq: number): void {
    this.#nextSeq = Math.max(this.#nextSeq, nextSeq);
    for (const note of notes) this.#take(note);
    this.#dropOldAndMany(0);
    this.#pump();
  }

  add(draft: NoteDraft): void {
    this.#dropOldAndMany(sizeOf(draft));
    const note = { ...draft, seq: this.#nextSeq++, at: this.#options.clock() };
    this.#take(note);
    this.#options.spool.append(note);
    this.#pump();
  }

  /** Begins nothing more. Resolves when nothing is under way; what is left stays in the spool. */
  stop(): Promise<void> {
    this.#isStopped = true;
    for (const lane of this.#lanes.values()) lane.endPause?.();
    return this.#underWay === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Resolves when all notes are done with; that may be never. */
  whenEmpty(): Promise<void> {
    return this.#notes.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  #take(note: Note): void {
    this.#notes.set(note.seq, note);
    this.#bytes += sizeOf(note);
    const known = this.#lanes.get(note.lane);
    const lane = known ?? new Lane(note.lane);
    lane.add(note);
    if (known) return;
    this.#lanes.set(note.lane, lane);
    this.#ready.push(lane);
  }

  #pump(): void {
    const limit = this.#failuresInARow >= GONE_AFTER ? 1 : MAX_UNDER_WAY;
    while (!this.#isStopped && this.#underWay < limit) {
      const lane = this.#ready.shift();
      if (!lane) return;
      const note = this.#nextOf(lane);
      if (note) void this.#send(lane, note);
    }
  }

  /** The head, if it is not too old; a lane with nothing left is forgotten. */
  #nextOf(lane: Lane): Note | undefined {
    const oldest = this.#options.clock() - this.#options.limits.ageMs;
    for (;;) {
      const note = lane.head;
      if (!note) this.#lanes.delete(lane.key);
      if (!note || note.at >= oldest) return note;
      this.#drop(note, 'old', 'it has waited too long');
    }
  }

  async #send(lane: Lane, note: Note): Promise<void> {
    lane.isBusy = true;
    this.#underWay++;
    const outcome = await this.#options.send(note, lane.attempts);
    this.#underWay--;
    lane.isBusy = false;
    if (outcome.kind === 'unheard') this.#unheard(outcome.text);
    else this.#heard();
    if (outcome.kind === 'delivered') {
      this.#delivered++;
      this.#finish(note);
      this.#ready.push(lane);
    } else {
      this.#failed(lane, note, outcome);
    }
    this.#pump();
    if (this.#underWay === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #failed(lane: Lane, note: Note, { kind, text }: Exclude<Outcome, { kind: 'delivered' }>): void {
    const { clock, after, random } = this.#options;
    lane.attempts++;
    this.#inVain++;
    lane.isUnheard = kind === 'unheard';
    if (kind === 'refused') {
      lane.refusedSince ??= clock();
      if (clock() - lane.refusedSince >= REFUSED_PATIENCE_MS) {
        this.#drop(note, 'refused', `it ${text}`);
        this.#ready.push(lane);
        return;
      }
    }
    if (this.#isStopped) return;
    const cancel = after(backOff(lane.attempts, random()), () => {
      lane.endPause = undefined;
      this.#ready.push(lane);
      this.#pump();
    });
    lane.endPause = () => {
      cancel();
      lane.endPause = undefined;
    };
  }

  #unheard(text: string): void {
    this.#failuresInARow++;
    if (this.#failuresInARow === GONE_AFTER) this.#options.heard(text);
  }

  /** After an outage everybody who waits for its end gets a turn at once; how often they have tried is not forgotten. */
  #heard(): void {
    const wasGone = this.#failuresInARow >= GONE_AFTER;
    this.#failuresInARow = 0;
    if (!wasGone) return;
    this.#options.heard(undefined);
    for (const lane of this.#lanes.values()) {
      if (!lane.endPause || !lane.isUnheard) continue;
      lane.endPause();
      this.#ready.push(lane);
    }
  }

  #dropOldAndMany(room: number): void {
    const { clock, limits } = this.#options;
    const oldest = clock() - limits.ageMs;
    for (const note of this.#notes.values()) {
      const isFull = this.#bytes + room > limits.bytes;
      if (!isFull && note.at >= oldest) return;
      const lane = this.#lanes.get(note.lane);
      if (lane?.isBusy && lane.head === note) continue; // it may be arriving just now
      if (isFull) this.#drop(note, 'full', 'too many wait');
      else this.#drop(note, 'old', 'it has waited too long');
    }
  }

  #drop(note: Note, why: Dropped, text: string): void {
    this.#finish(note);
    this.#options.dropped(note, why, text);
  }

  #finish(note: Note): void {
    this.#notes.delete(note.seq);
    this.#lanes.get(note.lane)?.remove(note.seq);
    this.#bytes -= sizeOf(note);
    this.#options.spool.done(note.seq);
    if (this.#notes.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
