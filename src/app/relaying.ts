import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { openRtmpClient, type OpenLink } from '../clients/rtmp-client.ts';
import type { RelayMeans } from '../clients/relay-line-options.ts';
import type { RelayState } from '../clients/relay-progress.ts';
import { REAL_TIME, type RelayTime } from '../clients/time.ts';
import { ConfigError } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';
import type { Admit } from '../inputs/relay/admit.ts';
import { PullBoard } from '../inputs/relay/pull-board.ts';
import { streamName } from '../media/stream-name.ts';
import type { EventNews } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { PushBoard } from '../outputs/relay/push-board.ts';
import type { RelayPath } from '../protocols/rtmp/session/relay-path.ts';
import type { Gate } from '../servers/gate.ts';
import { ApiRefusal, type RelayAdmin, type RelayInfo } from '../servers/http/api/parts.ts';
import { countViewers } from '../servers/http/stream-report.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { isOwnDoor, type Door } from './own-address.ts';
import { RelayFile, type KeptRelay } from './relay-file.ts';
import { describeRule, ruleOfKept, ruleOfWish, rulesOfSettings, type RelayRule } from './relay-rules.ts';

export interface RelayingOptions {
  readonly settings: Pick<Settings, 'relay' | 'delivery' | 'rtmp' | 'data'>;
  readonly streams: StreamRegistry;
  /** How many watch a stream in any way but by relay, HLS too. */
  readonly viewers: (path: string) => number;
  readonly tell: (news: EventNews) => void;
  /** Asked for each stream that is fetched; without it all may be published. */
  readonly gate?: Gate;
  readonly log: Log;
  readonly time?: RelayTime;
  readonly open?: OpenLink;
}

/** How many watch a stream by a connection that stays open, pushes not among them. */
export function viewersOf(stream: Stream | undefined): number {
  if (!stream) return 0;
  const counts = countViewers(stream);
  return Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.relay;
}

/** In the data directory: relays made by the API. */
const FILE = 'relays.json';
/** Relays the API can make: each has a timer, and its streams a connection. */
const MAX_KEPT = 200;
/** A server that is too slow for the stream for so long is left, and tried anew. */
const PUSH_LAG_MS = 30_000;

/** Pushes and pulls, from settings and API. */
export class Relaying implements RelayAdmin {
  /** Tells this run of this gateway from every other one: see RelayPath. */
  readonly id = randomBytes(8).toString('hex');
  readonly #options: RelayingOptions;
  readonly #file: RelayFile;
  readonly #rules = new Map<string, RelayRule>();
  readonly #pushes: PushBoard;
  readonly #pulls: PullBoard;
  #kept: readonly KeptRelay[] = [];
  #settings: Settings['relay'];
  #extraCa: string | undefined;
  /** Of RTMP and RTMPS, once they are open. */
  #doors: readonly Door[] = [];

  /** @throws {ConfigError} if `relay.caFile` cannot be used */
  constructor(options: RelayingOptions) {
    this.#options = options;
    const { settings, streams, viewers, time = REAL_TIME } = options;
    this.#settings = settings.relay;
    this.#extraCa = readCa(settings.relay.caFile);
    const inForce = (): Settings['relay'] => this.#settings;
    const extraCa = (): string | undefined => this.#extraCa;
    const means: RelayMeans = {
      open: options.open ?? openRtmpClient,
      time,
      id: this.id,
      get extraCa() {
        return extraCa();
      },
      isSelf: (address, port) => this.#doors.some((door) => isOwnDoor({ address, port }, door)),
    };
    this.#file = new RelayFile(resolve(settings.data.dir, FILE));
    this.#pushes = new PushBoard({
      means,
      limits: { queueBytes: settings.delivery.viewerQueueBytes, lagMs: PUSH_LAG_MS },
      streams: () => streams.list(),
      tell: ({ id }, stream, state, text) => this.#tell(id, stream, state, text),
    });
    this.#pulls = new PullBoard({
      means,
      streams,
      viewers,
      get lingerMs() {
        return inForce().lingerSeconds * 1000;
      },
      get holdMs() {
        return inForce().holdSeconds * 1000;
      },
      tell: ({ id }, stream, state, text) => this.#tell(id, stream, state, text),
      noticed: (stream, text) => options.log.warn({ stream }, text),
      admit: options.gate && admitBy(options.gate),
    });
    for (const rule of rulesOfSettings(settings.relay)) this.#put(rule);
  }

  /** Reads what the API made in former runs. Before the doors open. @throws {DataDirError} */
  load(): void {
    this.#kept = this.#file.read();
    for (const kept of this.#kept) this.#put(ruleOfKept(kept));
  }

  /** Streams are fetched from here on. @param doors where RTMP and RTMPS come in */
  start(doors: readonly Door[]): void {
    this.#doors = doors;
    this.#pulls.start();
  }

  /** Reads `relay.caFile` again; the returned function has it used from the next connection on. @throws {ConfigError} */
  prepare({ caFile }: Settings['relay']): () => void {
    const pem = readCa(caFile);
    return () => void (this.#extraCa = pem);
  }

  /** Other settings, while relays run: those that are in both go on, under the same id. */
  apply(settings: Settings['relay']): void {
    this.#settings = settings;
    const former = [...this.#rules.values()].filter(({ origin }) => origin === 'settings');
    const next = rulesOfSettings(settings, former);
    const ids = new Set(next.map(({ id }) => id));
    for (const rule of former) if (!ids.has(rule.id)) this.#drop(rule);
    for (const rule of next) if (!this.#rules.has(rule.id)) this.#put(rule);
  }

  /** A stream has come to be. */
  opened(stream: Stream): void {
    this.#pushes.opened(stream);
  }

  /**
   * Somebody wants a stream that nobody publishes now. Gives how long, in ms, it is worth the wait; 0: it will not come.
   *
   * @param askedBy gateways that the wish has come through
   */
  want(path: string, askedBy: RelayPath = []): number {
    const [app = '', stream = ''] = path.split('/');
    const name = streamName(app, stream);
    return 'refused' in name ? 0 : this.#pulls.want(name, askedBy);
  }

  /** Says goodbye to all servers. Pushes end with their streams at the latest. */
  stop(): void {
    this.#pulls.stop('shutting down');
    this.#pushes.stop('shutting down');
  }

  list(): RelayInfo[] {
    return [...this.#rules.values()].flatMap((rule) => {
      const board = rule.direction === 'push' ? this.#pushes : this.#pulls;
      return describeRule(rule, board.reports(rule.id), board.formerBytes(rule.id));
    });
  }

  /** It is on the disk when this returns. @throws {ApiRefusal} */
  add(wish: Parameters<RelayAdmin['add']>[0]): RelayInfo {
    const kept = ruleOfWish(wish);
    if (this.#kept.length >= MAX_KEPT) throw new ApiRefusal(409, `there are ${MAX_KEPT} relays already`);
    const isThere = this.#kept.some(
      ({ direction, stream, url }) =>
        direction === kept.direction && stream === kept.stream && url === kept.url,
    );
    if (isThere) throw new ApiRefusal(409, 'there is such a relay already', 'url');
    this.#keep([...this.#kept, kept]);
    const rule = ruleOfKept(kept);
    this.#put(rule);
    this.#options.log.info({ relay: rule.id, stream: kept.stream, direction: kept.direction }, 'relay added');
    return this.list().find(({ id }) => id === rule.id)!;
  }

  /** @throws {ApiRefusal} for one that the settings name, or a single stream of a pattern */
  remove(id: string): boolean {
    const rule = this.#rules.get(id);
    if (!rule) {
      const [whole = ''] = id.split(':');
      if (!this.#rules.has(whole)) return false;
      throw new ApiRefusal(409, `this is one stream of the relay "${whole}": remove that one`, 'id');
    }
    if (rule.origin === 'settings')
      throw new ApiRefusal(409, 'this relay is in the settings: remove it there', 'id');
    this.#keep(this.#kept.filter((kept) => kept.id !== id));
    this.#drop(rule);
    return true;
  }

  #drop({ id, direction, streams }: RelayRule): void {
    this.#rules.delete(id);
    this.#options.log.info({ relay: id, stream: streams.text }, 'relay removed');
    if (direction === 'push') this.#pushes.remove(id);
    else this.#pulls.remove(id);
  }

  #put(rule: RelayRule): void {
    this.#rules.set(rule.id, rule);
    if (rule.direction === 'push') this.#pushes.add(rule);
    else this.#pulls.add(rule);
  }

  #keep(relays: readonly KeptRelay[]): void {
    try {
      this.#file.write(relays);
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ApiRefusal(503, `the relays cannot be kept on the disk: ${why}`);
    }
    this.#kept = relays;
  }

  #tell(relay: string, stream: string, state: RelayState, text: string): void {
    const fields = { relay, stream, state };
    if (state === 'waiting' || state === 'stopped') this.#options.log.warn(fields, `relay: ${text}`);
    else this.#options.log.info(fields, `relay: ${text}`);
    this.#options.tell({ type: 'relay', stream, relay, state, text });
  }
}

/** What is fetched is a visit like any other: listed, announced to hooks, and sent away by whoever may. */
function admitBy(gate: Gate): Admit {
  return ({ name, address, program }, answer) =>
    gate.ask(
      { action: 'publish', protocol: 'relay', name, query: '', address, isThisMachine: false, program },
      answer,
    );
}

/** @throws {ConfigError} */
function readCa(file: string): string | undefined {
  if (file === '') return undefined;
  try {
    const pem = readFileSync(file, 'utf8');
    createSecureContext({ ca: pem });
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it holds no certificate');
    return pem;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`relay.caFile: cannot use ${file}: ${why}; allowed: a file of certificates (PEM)`);
  }
}
