import type { RequestListener } from 'node:http';
import type { Settings } from '../config/schema.ts';
import type { Log } from '../observe/log.ts';
import { Admission, type ConnectionLimits } from '../servers/admission.ts';
import { ClipRoute } from '../servers/http/clip-route.ts';
import { HlsRoute } from '../servers/http/hls-route.ts';
import type { HlsSource } from '../servers/http/hls-source.ts';
import { HttpServer } from '../servers/http/http-server.ts';
import { WaitingLimits } from '../servers/http/waiting-limits.ts';
import { withinOpenFiles } from '../servers/open-files.ts';
import { RtmpServer } from '../servers/rtmp/rtmp-server.ts';
import { Watching } from '../servers/watching.ts';
import { clipOf } from './clips.ts';
import type { Gatehouse } from './gatehouse.ts';
import type { OnAir } from './on-air.ts';
import type { Relaying } from './relaying.ts';
import type { Tls } from './tls.ts';

/** The ports that were really opened. */
export interface GatewayPorts {
  /** 0: plain RTMP is off. */
  readonly rtmp: number;
  /** 0: plain HTTP is off. */
  readonly http: number;
  readonly rtmps?: number;
  readonly https?: number;
}

export interface DoorsOptions {
  /** In force now: they may change. */
  readonly settings: () => Settings;
  readonly onAir: OnAir;
  readonly gatehouse: Gatehouse;
  readonly relaying: Relaying;
  readonly tls: Tls;
  /** Answers everything that is not media. */
  readonly pages: RequestListener;
  /** A connection was closed, by which door and why. */
  readonly closed: (door: 'rtmp' | 'http', reason: string) => void;
  /** So many bytes of a stream's playlists and segments are on their way. */
  readonly hlsSent: (path: string, bytes: number) => void;
  readonly log: Log;
}

/** How long players that poll get to fetch the last playlist after the gateway was told to stop. */
const LAST_PLAYLIST_MS = 2_500;
/** How long answers under way get to finish. */
const FINISH_MS = 1_500;

/** The doors of RTMP and HTTP, which share their limits. */
export class Doors {
  readonly #options: DoorsOptions;
  readonly #watching: Watching;
  readonly #rtmp: RtmpServer;
  readonly #http: HttpServer;
  readonly #hls: HlsRoute;

  constructor(options: DoorsOptions) {
    this.#options = options;
    const { settings, onAir, relaying, log } = options;
    const { delivery, limits } = settings();
    const patience = { queueBytes: delivery.viewerQueueBytes, lagMs: delivery.viewerLagSeconds * 1000 };
    this.#watching = new Watching(onAir.streams, patience, log);
    this.#watching.onWant = (path, askedBy) => relaying.want(path, askedBy);
    const within = withinOpenFiles(limits, log);
    const admission = new Admission(within, log);
    this.#hls = this.#hlsRoute(within);
    this.#rtmp = this.#rtmpDoor(admission);
    this.#http = this.#httpDoor(admission);
  }

  /** @throws {ListenError} and then none is open */
  async open(): Promise<GatewayPorts> {
    const http = await this.#http.start();
    try {
      const rtmp = await this.#rtmp.start();
      return {
        rtmp: rtmp.port,
        http: http.port,
        ...(rtmp.securePort !== undefined && { rtmps: rtmp.securePort }),
        ...(http.securePort !== undefined && { https: http.securePort }),
      };
    } catch (error) {
      this.#http.destroy();
      await this.#http.stop();
      throw error;
    }
  }

  /** Requests of HLS that wait for what is to come. */
  get hlsWaiting(): number {
    return this.#hls.waiting.requests;
  }

  /** Asks RTMP peers that can to go on over another connection; gives how many were asked. */
  askToReconnect(description: string): number {
    const { reconnectTo } = this.#options.settings().stop;
    return this.#rtmp.askToReconnect(description, reconnectTo === '' ? undefined : reconnectTo);
  }

  /** No more publishers and players of RTMP. */
  shut(): void {
    void this.#rtmp.shut();
  }

  /** @param streamsEnded ends what would go on for ever, once players that poll have had their time */
  async close(streamsEnded: () => void): Promise<void> {
    const hasPlayers = this.#options.gatehouse.hlsViewers.total > 0;
    const isRtmpClosed = this.#rtmp.stop();
    if (hasPlayers) await new Promise((resolve) => setTimeout(resolve, LAST_PLAYLIST_MS));
    streamsEnded();
    this.#hls.close();
    const isDrained = Promise.all([this.#http.stop(), isRtmpClosed]);
    const timer = setTimeout(() => {
      this.#rtmp.destroy();
      this.#http.destroy();
    }, FINISH_MS);
    await isDrained;
    clearTimeout(timer);
  }

  #rtmpDoor(admission: Admission): RtmpServer {
    const { settings, onAir, gatehouse, relaying, tls, closed, log } = this.#options;
    const { host, tlsHost } = settings().rtmp;
    const { rtmp: port, rtmps } = tls.plan;
    return new RtmpServer({
      host,
      port,
      tls: rtmps === undefined ? undefined : { host: tlsHost || host, port: rtmps, certificate: tls },
      admission,
      streams: onAir.streams,
      watching: this.#watching,
      get waitMs() {
        return settings().play.waitSeconds * 1000;
      },
      get idleMs() {
        return settings().publish.idleSeconds * 1000;
      },
      gate: gatehouse.gate,
      relayId: relaying.id,
      proxies: gatehouse.rtmpProxies,
      closed: (reason) => closed('rtmp', reason),
      log,
    });
  }

  #httpDoor(admission: Admission): HttpServer {
    const { settings, gatehouse, tls, pages, closed, log } = this.#options;
    const { host, tlsHost, redirectToTls: redirect } = settings().http;
    const { http: port, https } = tls.plan;
    return new HttpServer({
      host,
      port,
      tls:
        https === undefined ? undefined : { host: tlsHost || host, port: https, certificate: tls, redirect },
      admission,
      closed: (reason) => closed('http', reason),
      watching: this.#watching,
      gate: gatehouse.gate,
      clients: gatehouse.clients,
      hls: gatehouse.hlsDoor(this.#hls),
      pages,
      log,
    });
  }

  #hlsRoute(limits: ConnectionLimits): HlsRoute {
    const { settings, onAir, gatehouse, hlsSent, log } = this.#options;
    const clips = new ClipRoute({
      make: (path, track, wish) => {
        const own = onAir.hls.find(path);
        const members = own ? [own] : onAir.ladders.members(path).flatMap((one) => onAir.hls.find(one) ?? []);
        return clipOf(members, { track, wish });
      },
      clients: gatehouse.clients,
      longestSeconds: () => settings().hls.clipSeconds,
      clock: Date.now,
      sent: hlsSent,
      log,
    });
    return new HlsRoute({
      clips,
      find: (path) => onAir.ladders.find(path),
      whenPublished: (path, ms, callback) => this.#whenHls(path, ms, callback),
      seen: gatehouse.seen,
      sent: hlsSent,
      gzip: settings().http.gzip,
      waiting: new WaitingLimits({ ...limits, clients: gatehouse.clients }),
    });
  }

  /** A stream that is over is still served from the shelf for a while; one to come is waited for: of a ladder, any of it. */
  #whenHls(
    path: string,
    ms: number,
    callback: (found: HlsSource | undefined) => void,
  ): (() => void) | undefined {
    const { ladders } = this.#options.onAir;
    const members = ladders.members(path);
    const isThere = members.some((member) => this.#watching.find(member));
    const isToCome = members.filter((member) => this.#watching.want(member) > 0).length > 0 && !isThere;
    const found = ladders.find(path);
    if (found && !isToCome) {
      // what is on the shelf is over otherwise
      callback(found);
      return undefined;
    }
    const [only = path, ...others] = members;
    if (others.length === 0)
      return this.#watching.whenPublished(only, ms, () => callback(ladders.find(path)));
    return this.#whenAny(members, ms, () => callback(ladders.find(path)));
  }

  /** Calls back once one of the streams is published, or none has been in time. */
  #whenAny(paths: readonly string[], ms: number, callback: () => void): () => void {
    const stops: (() => void)[] = [];
    let left = paths.length;
    const stop = (): void => {
      left = 0;
      for (const giveUp of stops) giveUp();
    };
    for (const path of paths) {
      if (left === 0) break;
      const giveUp = this.#watching.whenPublished(path, ms, (stream) => {
        if (left === 0) return;
        left = stream ? 0 : left - 1;
        if (left > 0) return;
        stop();
        callback();
      });
      stops.push(giveUp);
    }
    return stop;
  }
}
