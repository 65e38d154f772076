import type { RequestListener } from 'node:http';
import type { Settings } from '../config/schema.ts';
import type { Log } from '../observe/log.ts';
import { Admission } from '../servers/admission.ts';
import { HlsRoute, type HlsSource } from '../servers/http/hls-route.ts';
import { HttpServer } from '../servers/http/http-server.ts';
import { withinOpenFiles } from '../servers/open-files.ts';
import { RtmpServer } from '../servers/rtmp/rtmp-server.ts';
import { Watching } from '../servers/watching.ts';
import type { Gatehouse } from './gatehouse.ts';
import type { OnAir } from './on-air.ts';
import type { Relaying } from './relaying.ts';

/** The ports that were really opened. */
export interface GatewayPorts {
  readonly rtmp: number;
  readonly http: number;
}

export interface DoorsOptions {
  /** In force now: they may change. */
  readonly settings: () => Settings;
  readonly onAir: OnAir;
  readonly gatehouse: Gatehouse;
  readonly relaying: Relaying;
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

  constructor(options: DoorsOptions) {
    this.#options = options;
    const { settings, onAir, relaying, log } = options;
    const { delivery, limits } = settings();
    const patience = { queueBytes: delivery.viewerQueueBytes, lagMs: delivery.viewerLagSeconds * 1000 };
    this.#watching = new Watching(onAir.streams, patience, log);
    this.#watching.onWant = (path, askedBy) => relaying.want(path, askedBy);
    const admission = new Admission(withinOpenFiles(limits, log), log);
    this.#rtmp = this.#rtmpDoor(admission);
    this.#http = this.#httpDoor(admission);
  }

  /** @throws {ListenError} and then none is open */
  async open(): Promise<GatewayPorts> {
    const http = await this.#http.start();
    try {
      const rtmp = await this.#rtmp.start();
      return { rtmp: rtmp.port, http: http.port };
    } catch (error) {
      this.#http.destroy();
      await this.#http.stop();
      throw error;
    }
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
    const isDrained = Promise.all([this.#http.stop(), isRtmpClosed]);
    const timer = setTimeout(() => {
      this.#rtmp.destroy();
      this.#http.destroy();
    }, FINISH_MS);
    await isDrained;
    clearTimeout(timer);
  }

  #rtmpDoor(admission: Admission): RtmpServer {
    const { settings, onAir, gatehouse, relaying, closed, log } = this.#options;
    return new RtmpServer({
      ...settings().rtmp,
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
    const { settings, onAir, gatehouse, pages, closed, hlsSent, log } = this.#options;
    const { host, port, gzip } = settings().http;
    const route = new HlsRoute({
      find: (path) => onAir.hls.find(path),
      whenPublished: (path, ms, callback) => this.#whenHls(path, ms, callback),
      seen: gatehouse.seen,
      sent: hlsSent,
      gzip,
    });
    return new HttpServer({
      host,
      port,
      admission,
      closed: (reason) => closed('http', reason),
      watching: this.#watching,
      gate: gatehouse.gate,
      clients: gatehouse.clients,
      hls: gatehouse.hlsDoor(route),
      pages,
      log,
    });
  }

  /** A stream that is over is still served from the shelf for a while; one to come is waited for. */
  #whenHls(
    path: string,
    ms: number,
    callback: (found: HlsSource | undefined) => void,
  ): (() => void) | undefined {
    const { hls } = this.#options.onAir;
    const isToCome = this.#watching.want(path) > 0 && !this.#watching.find(path); // what is on the shelf is over
    const found = hls.find(path);
    if (found && !isToCome) {
      callback(found);
      return undefined;
    }
    return this.#watching.whenPublished(path, ms, () => callback(hls.find(path)));
  }
}
