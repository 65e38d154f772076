import type { Settings } from '../config/schema.ts';
import type { Log } from '../observe/log.ts';
import type { Recorder } from '../outputs/recorder/recorder.ts';
import type { Gate } from '../servers/gate.ts';
import type { ClientAddresses } from '../servers/http/client-address.ts';
import { HlsSessions } from '../servers/http/hls-sessions.ts';
import { RecordingsDoor } from '../servers/http/recordings/recordings-door.ts';
import { RecordingsRoute, type WantedRecording } from '../servers/http/recordings/recordings-route.ts';

export interface RecordingsViewOptions {
  /** In force now. */
  readonly settings: () => Pick<Settings, 'record' | 'limits'>;
  readonly recorder: Pick<Recorder, 'read'>;
  readonly gate: Gate;
  readonly clients: ClientAddresses;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * A player that has fetched nothing for so long has left. One that is paused fetches nothing either: afterwards it is asked for
 * again, by what it came with.
 */
const GONE_MS = 5 * 60_000;
const TICK_MS = 5_000;

/** Watching what was recorded. */
export class RecordingsView {
  readonly #options: RecordingsViewOptions;
  readonly #sessions: HlsSessions;
  readonly #route: RecordingsRoute;
  #ticking: NodeJS.Timeout | undefined;

  constructor(options: RecordingsViewOptions) {
    this.#options = options;
    const { settings, recorder, gate, clients, now, log } = options;
    const maxPerAddress = settings().limits.connectionsPerAddress;
    this.#sessions = new HlsSessions({ now, goneMs: () => GONE_MS, maxPerAddress });
    const watch = (): Settings['record']['watch'] => settings().record.watch;
    const door = new RecordingsDoor({ watch, gate, clients, sessions: this.#sessions });
    this.#route = new RecordingsRoute({ read: (id) => recorder.read(id), door, now, log });
  }

  send(wanted: WantedRecording): Promise<void> {
    return this.#route.send(wanted);
  }

  /** Which streams' recordings everybody may watch; undefined: none. */
  get isPublic(): ((stream: string) => boolean) | undefined {
    const { settings, gate } = this.#options;
    if (settings().record.watch === 'operator') return undefined;
    return (path) => {
      const [app = '', stream = ''] = path.split('/');
      return gate.isOpen({ app, stream, path });
    };
  }

  start(): void {
    this.#ticking ??= setInterval(() => this.#sessions.tick(), TICK_MS);
  }

  close(reason: string): void {
    clearInterval(this.#ticking);
    this.#sessions.close(reason);
  }
}
