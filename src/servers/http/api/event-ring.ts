import type { GatewayEvent } from '../../../observe/events.ts';

/** An event, and its text as it goes out (Server-sent events, WHATWG HTML §9.2.5), made once for all who listen. */
export interface RungEvent {
  readonly event: GatewayEvent;
  readonly text: string;
}

/** Some minutes of a busy gateway; a page that slept longer loads anew. */
const MAX_EVENTS = 1_000;
/** Texts in events come from peers (program names, queries): together they stay below this, characters. */
const MAX_CHARACTERS = 1024 * 1024;

/** The newest events, for listeners whose connection broke. */
export class EventRing {
  readonly #rung: RungEvent[] = [];
  #characters = 0;

  get size(): number {
    return this.#rung.length;
  }

  add(event: GatewayEvent): RungEvent {
    const text = `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    const rung = { event, text };
    this.#rung.push(rung);
    this.#characters += text.length;
    while (this.#rung.length > MAX_EVENTS || this.#characters > MAX_CHARACTERS) {
      const dropped = this.#rung.shift();
      if (!dropped) break;
      this.#characters -= dropped.text.length;
    }
    return rung;
  }

  /** What came after the event with this id; undefined if it is not known (any more). */
  after(id: string): readonly RungEvent[] | undefined {
    const at = this.#rung.findLastIndex(({ event }) => event.id === id);
    return at < 0 ? undefined : this.#rung.slice(at + 1);
  }

  last(count: number): readonly RungEvent[] {
    return count <= 0 ? [] : this.#rung.slice(-count);
  }
}
