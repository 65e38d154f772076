import type { Situation } from './session.ts';
import { ViewingLog, type Moment, type Report, type Trouble } from './viewing-log.ts';

/** How often a viewing is told of, in ms. */
const EVERY_MS = 30_000;

/** Whether the viewer lets itself be counted: `?report=0`, “do not track”, Global Privacy Control. */
export function maySpeak(search: string, browser: Navigator = navigator): boolean {
  const { doNotTrack, globalPrivacyControl } = browser as Navigator & { globalPrivacyControl?: boolean };
  return (
    new URLSearchParams(search).get('report') !== '0' && doNotTrack !== '1' && globalPrivacyControl !== true
  );
}

/** Tells the server how well it plays: nothing about who watches, and nothing at all to a server that does not want it. */
export class Reports {
  readonly #stream: string;
  readonly #isWanted: () => boolean;
  readonly #log = new ViewingLog();
  #toldAt = performance.now();

  /** @param isWanted by the server and by the viewer, as far as is known now */
  constructor(stream: string, isWanted: () => boolean) {
    this.#stream = stream;
    this.#isWanted = isWanted;
  }

  /** The viewing has come to another situation, or to the same one again. */
  stands(at: Situation['at']): void {
    const now = performance.now();
    if (at === 'starting') this.#log.wished(now);
    if (at === 'playing') this.#log.shown(now);
    if (at === 'offline' || at === 'paused' || at === 'unplayable') this.#log.gaveUp();
  }

  trouble(kind: Trouble): void {
    this.#log.trouble(kind);
  }

  look(moment: Omit<Moment, 'now'>): void {
    const now = performance.now();
    this.#send(this.#log.look({ now, ...moment }));
    if (now - this.#toldAt >= EVERY_MS) this.tell();
  }

  /** Also at the end: a beacon outlives its page. */
  tell(): void {
    this.#toldAt = performance.now();
    this.#send(this.#log.take());
  }

  #send(report: Report | undefined): void {
    if (!report || !this.#isWanted()) return;
    const body = JSON.stringify({ stream: this.#stream, ...report });
    navigator.sendBeacon('/api/v1/playback', new Blob([body], { type: 'application/json' }));
  }
}
