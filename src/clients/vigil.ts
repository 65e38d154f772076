import type { ClientPhase } from '../protocols/rtmp/session/client-phase.ts';

/** Longest time in each step, ms, and what is missing when it is over. */
const STEPS: Readonly<
  Record<'dial' | Exclude<ClientPhase, 'publishing' | 'playing' | 'ended'>, readonly [number, string]>
> = {
  dial: [10_000, 'the server does not answer'],
  handshake: [10_000, 'the server does not shake hands'],
  connecting: [10_000, 'the server does not answer "connect"'],
  creating: [10_000, 'the server does not answer "createStream"'],
  // Servers let a player wait for its publisher, ours for 10 s.
  asking: [30_000, 'the server says neither yes nor no'],
};

/** How often a server is asked for a sign of life. */
const PING_MS = 10_000;
/** A server that says nothing for this long is dead: three pings without an answer. */
const SILENCE_MS = 32_000;
/** A server that takes nothing for this long, although something waits for it, is dead. */
const STALL_MS = 20_000;
/** A look that comes so late was held up, by a busy or a suspended machine, and nobody is blamed. */
const LATE_MS = 2_500;

export interface VigilFacts {
  readonly phase: ClientPhase;
  /** Bytes that wait to be sent. */
  readonly queued: number;
  /** Bytes that the system has taken. */
  readonly taken: number;
  readonly answersPings: boolean;
}

/** Watches over one connection: steps that take too long, silence, and a peer that reads nothing. Knows no clock. */
export class Vigil {
  readonly #mode: 'publish' | 'play';
  /** The connection stands: TCP, and TLS where there is one. */
  dialled = false;
  #step = 'dial';
  #stepSince: number;
  #heardAt: number;
  #takenAt: number;
  #taken = 0;
  #pingedAt: number;
  #lookedAt: number;

  /** @param now ms, monotonic */
  constructor(mode: 'publish' | 'play', now: number) {
    this.#mode = mode;
    this.#stepSince = this.#heardAt = this.#takenAt = this.#pingedAt = this.#lookedAt = now;
  }

  heard(now: number): void {
    this.#heardAt = now;
  }

  /** True once every {@link PING_MS}. */
  isPingDue(now: number): boolean {
    if (now - this.#pingedAt < PING_MS) return false;
    this.#pingedAt = now;
    return true;
  }

  /** What is wrong with the connection, in words. */
  look(now: number, facts: VigilFacts): string | undefined {
    const isLate = now - this.#lookedAt > LATE_MS;
    this.#lookedAt = now;
    if (facts.queued === 0 || facts.taken !== this.#taken || isLate) this.#takenAt = now;
    this.#taken = facts.taken;
    if (isLate) this.#heardAt = this.#stepSince = now;
    return this.#stepComplaint(now, facts.phase) ?? this.#silence(now, facts);
  }

  #stepComplaint(now: number, phase: ClientPhase): string | undefined {
    const step = this.dialled ? phase : 'dial';
    if (step !== this.#step) {
      this.#step = step;
      this.#stepSince = now;
    }
    if (step === 'publishing' || step === 'playing' || step === 'ended') return undefined;
    const [longest, complaint] = STEPS[step];
    return now - this.#stepSince > longest ? `${complaint} (${longest / 1000} s)` : undefined;
  }

  /** Not every server that takes a stream answers pings; every one that sends a stream sends something. */
  #silence(now: number, { phase, answersPings }: VigilFacts): string | undefined {
    if (phase !== 'publishing' && phase !== 'playing') {
      this.#takenAt = now;
      return undefined;
    }
    if (now - this.#takenAt > STALL_MS) return `the server takes nothing any more (${STALL_MS / 1000} s)`;
    const mustSpeak = this.#mode === 'play' || answersPings;
    if (mustSpeak && now - this.#heardAt > SILENCE_MS)
      return `the server says nothing any more (${SILENCE_MS / 1000} s)`;
    return undefined;
  }
}
