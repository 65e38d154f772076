import type { Settings } from '../config/schema.ts';
import type { EventFeed } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { ClientAddresses } from '../servers/http/client-address.ts';
import { goneAfterMs, HlsAudience } from '../servers/http/hls-audience.ts';
import { HlsDoor } from '../servers/http/hls-door.ts';
import type { HlsRoute } from '../servers/http/hls-route.ts';
import { HlsSessions } from '../servers/http/hls-sessions.ts';
import type { AccessJudge, HookJudge } from '../servers/judges.ts';
import { networks, type Networks } from '../servers/networks.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { Visits } from './visits.ts';

export interface GatehouseOptions {
  readonly settings: Pick<Settings, 'rtmp' | 'http' | 'hls' | 'limits'>;
  readonly access: AccessJudge;
  readonly hooks?: HookJudge | undefined;
  readonly feed: EventFeed;
  /** Whoever may play the one stream may play the other as a part of it. */
  readonly covers: (path: string, part: string) => boolean;
  /** About how often players of a stream fetch its playlist, in seconds; 0: nothing of it is there. */
  readonly targetSecondsOf: (path: string) => number;
  /** Counts who is not let in. */
  readonly refused?: ((action: 'publish' | 'play', reason: string) => void) | undefined;
  /** Wall clock, ms. */
  readonly clock: () => number;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly log: Log;
}

const TICK_MS = 1_000;

/** What all doors share when somebody comes: who it is, whether they may come in, and the book they are written into. */
export class Gatehouse {
  readonly visits: Visits;
  readonly gate: Gatekeeper;
  readonly clients: ClientAddresses;
  /** HLS viewers with and without a session. */
  readonly hlsViewers: { count(path: string): number; readonly total: number };
  readonly #settings: GatehouseOptions['settings'];
  readonly #sessions: HlsSessions;
  readonly #audience: HlsAudience;
  #ticking: NodeJS.Timeout | undefined;

  constructor(options: GatehouseOptions) {
    const { settings, access, hooks, feed, covers, targetSecondsOf, refused, clock, now, log } = options;
    const { http, limits } = settings;
    this.#settings = settings;
    this.visits = new Visits({ events: feed, clock });
    this.gate = new Gatekeeper({ access, hooks, visits: this.visits, events: feed, refused, log });
    this.clients = new ClientAddresses({ trusted: read(http.trustedProxies), header: http.proxyHeader });
    const sessions = new HlsSessions({
      now,
      goneMs: (path) => goneAfterMs(targetSecondsOf(path)),
      maxPerAddress: limits.connectionsPerAddress,
      covers,
    });
    const audience = new HlsAudience(now, targetSecondsOf, this.clients);
    this.#sessions = sessions;
    this.#audience = audience;
    this.hlsViewers = {
      count: (path) => sessions.count(path) + audience.count(path),
      get total() {
        return sessions.total + audience.total;
      },
    };
  }

  /** Networks of proxies that speak the PROXY protocol; undefined: clients come directly. */
  get rtmpProxies(): Networks | undefined {
    const { proxyProtocol, trustedProxies } = this.#settings.rtmp;
    return proxyProtocol ? read(trustedProxies) : undefined;
  }

  get seen(): HlsAudience['seen'] {
    return (path, request) => this.#audience.seen(path, request);
  }

  hlsDoor(route: HlsRoute): HlsDoor {
    return new HlsDoor({
      gate: this.gate,
      clients: this.clients,
      sessions: this.#sessions,
      route,
      sessionsForAll: this.#settings.hls.sessions,
    });
  }

  /** From now on players that have left are noticed, also when nothing is published any more. */
  start(): void {
    this.#ticking ??= setInterval(() => this.tick(), TICK_MS);
  }

  /** Forgets players that have left. */
  tick(): void {
    this.#audience.tick();
    this.#sessions.tick();
  }

  /** Says the goodbyes of those who would not say any: players of HLS. */
  close(reason: string): void {
    clearInterval(this.#ticking);
    this.#sessions.close(reason);
  }
}

/** The settings' check has made sure that these are networks. */
function read(texts: readonly string[]): Networks {
  const list = networks(texts);
  if ('refused' in list) throw new RangeError(list.refused);
  return list;
}
