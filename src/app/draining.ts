import type { Log } from '../observe/log.ts';
import type { StreamRegistry } from '../stream/registry.ts';

export interface DrainingOptions {
  readonly streams: Pick<StreamRegistry, 'list' | 'finish'>;
  /** Nobody new from here on. */
  readonly shut: () => void;
  /** Asks those who can to go on elsewhere (Enhanced RTMP, "Reconnect Request"); gives how many were asked. */
  readonly askToReconnect: (description: string) => number;
  readonly log: Log;
}

/** How often it is looked whether the last publisher has gone. */
const LOOK_MS = 200;
/** Encoders may show it. */
const DESCRIPTION = 'The server is about to stop. Please connect again.';

/** The time between the wish to stop and the end: who is here goes on, nobody new comes in. */
export class Draining {
  readonly #options: DrainingOptions;
  #end: (() => void) | undefined;

  constructor(options: DrainingOptions) {
    this.#options = options;
  }

  /** Resolves when nobody publishes any more, after `seconds` at the latest, or when told to {@link hurry}. */
  async wait(seconds: number): Promise<void> {
    if (seconds > 0) this.#options.shut(); // who comes back at once is not to find this one
    const asked = this.#options.askToReconnect(DESCRIPTION);
    if (seconds === 0 || this.#isEmpty()) return;
    const count = this.#options.streams.list().length;
    this.#options.log.info(
      { streams: count, seconds, askedToReconnect: asked },
      'draining: nobody new is let in, streams may go on',
    );
    await new Promise<void>((resolve) => {
      const looking = setInterval(() => {
        if (this.#isEmpty()) this.#end?.();
      }, LOOK_MS);
      const limit = setTimeout(() => this.#end?.(), seconds * 1000);
      this.#end = () => {
        clearInterval(looking);
        clearTimeout(limit);
        resolve();
      };
    });
    this.#end = undefined;
  }

  /** No more waiting. False: nothing waited. */
  hurry(): boolean {
    const end = this.#end;
    this.#end = undefined;
    end?.();
    return end !== undefined;
  }

  /** Streams whose publisher has left end now: it could not come back. */
  #isEmpty(): boolean {
    const { streams } = this.#options;
    for (const stream of streams.list())
      if (!stream.publisher) streams.finish(stream.name.path, 'stream ended');
    return streams.list().length === 0;
  }
}
