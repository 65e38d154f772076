import { Counter, Gauge, type Registry } from 'prom-client';
import type { GatewayEvent } from './events.ts';

/** A relay at the time of a scrape. */
export interface RelayMetrics {
  readonly id: string;
  readonly direction: string;
  readonly stream: string;
  readonly state: string;
  readonly bytes: number;
}

/** Hooks at the time of a scrape. */
export interface HookMetrics {
  /** Events that wait to be delivered. */
  readonly queued: number;
  /** Since the process began. */
  readonly delivered: number;
  /** Attempts that failed, since the process began. */
  readonly failed: number;
  /** Events that were given up or had no room, since the process began. */
  readonly dropped: number;
}

/** What is asked at each scrape; what is left out is not there yet. */
export interface OperationSource {
  readonly relays?: () => readonly RelayMetrics[];
  readonly hooks?: () => HookMetrics | undefined;
  /** Requests of HLS that wait for what is to come. */
  readonly hlsWaiting?: () => number;
  /** Bytes on the disk that are kept for players who go back. */
  readonly dvrBytes?: () => number;
  /** Until the certificate expires; undefined: there is none. */
  readonly certificateSeconds?: () => number | undefined;
}

/** Reasons are sentences of ours, so there are few; should one have something of its own in it, this is where it ends. */
const MAX_REASONS = 60;
/**
 * What sentences say of one visitor: quoted texts, and words with a digit or a slash: addresses, streams, times. In labels they
 * would be for everybody to read, and as many as there are visitors.
 */
const PARTICULARS = /"[^"]*"|[^\s"]*[\d/][^\s",;]*/g;

/** Metrics of what an operator has set up: recordings, relays, hooks, who was refused. */
export class OperationMetrics {
  readonly #registry: Registry;
  readonly #source: OperationSource;
  readonly #recording = new Set<string>();
  readonly #reasons = new Set<string>();
  readonly #visits: Counter<'action' | 'protocol'>;
  readonly #refused: Counter<'action' | 'reason'>;
  readonly #api: Counter<'status'>;
  readonly #recordedBytes: Counter;
  readonly #alarms: Counter;

  constructor(registry: Registry, source: OperationSource = {}) {
    this.#registry = registry;
    this.#source = source;
    this.#visits = this.#counter('visits', 'Publishers and viewers that were let in.', [
      'action',
      'protocol',
    ]);
    this.#refused = this.#counter('visits_refused', 'Who was not let in, by what was wanted and why not.', [
      'action',
      'reason',
    ]);
    this.#api = this.#counter('api_refusals', 'Requests to the API that were refused, by status.', [
      'status',
    ]);
    this.#recordedBytes = this.#counter('recorded_bytes', 'Bytes of recordings that were closed.', []);
    this.#alarms = this.#counter('alarms', 'Alarms: something needs the operator.', []);
    this.#gauge('recordings_active', 'Recordings that are being written.', [], (gauge) =>
      gauge.set(this.#recording.size),
    );
    this.#describeRelays();
    this.#describeHooks();
    this.#gauge(
      'hls_waiting_requests',
      'Requests for playlists, segments and parts that wait until these are there (blocking reload).',
      [],
      (gauge) => gauge.set(this.#source.hlsWaiting?.() ?? 0),
    );
    this.#gauge(
      'dvr_bytes',
      'Bytes on the disk that are kept of the past of all streams (DVR).',
      [],
      (gauge) => gauge.set(this.#source.dvrBytes?.() ?? 0),
    );
    this.#gauge(
      'tls_certificate_expiry_seconds',
      'Seconds until the certificate of HTTPS and RTMPS expires; less than 0 afterwards.',
      [],
      (gauge) => {
        const seconds = this.#source.certificateSeconds?.();
        if (seconds === undefined)
          gauge.remove(); // not 0, which would be an alarm
        else gauge.set(seconds);
      },
    );
  }

  happened(event: GatewayEvent): void {
    if (event.type === 'publish' || event.type === 'play')
      this.#visits.inc({ action: event.type, protocol: event.protocol });
    else if (event.type === 'recordStarted') this.#recording.add(event.recording);
    else if (event.type === 'recordDone') {
      this.#recording.delete(event.recording);
      this.#recordedBytes.inc(event.bytes);
    } else if (event.type === 'alarm') this.#alarms.inc();
  }

  visitRefused(action: string, told: string): void {
    let reason = told.replace(PARTICULARS, '…');
    if (!this.#reasons.has(reason) && this.#reasons.size >= MAX_REASONS) reason = 'other';
    else this.#reasons.add(reason);
    this.#refused.inc({ action, reason });
  }

  apiRefused(status: number): void {
    this.#api.inc({ status: String(status) });
  }

  #describeRelays(): void {
    const relays = (): readonly RelayMetrics[] => this.#source.relays?.() ?? [];
    this.#gauge('relays', 'Relays by direction and state.', ['direction', 'state'], (gauge) => {
      for (const { direction, state } of relays()) gauge.inc({ direction, state });
    });
    const labels = ['relay', 'direction', 'stream'] as const;
    this.#total('relay_bytes', 'Media bytes that went through a relay.', labels, (counter) => {
      for (const { id, direction, stream, bytes } of relays())
        counter.inc({ relay: id, direction, stream }, bytes);
    });
  }

  #describeHooks(): void {
    const hooks = (): HookMetrics | undefined => this.#source.hooks?.();
    this.#gauge('hooks_queued', 'Events that wait to be delivered to hooks.', [], (gauge) =>
      gauge.set(hooks()?.queued ?? 0),
    );
    for (const [what, help] of [
      ['delivered', 'Events that hooks have taken.'],
      ['failed', 'Attempts to deliver an event that failed.'],
      ['dropped', 'Events that were given up.'],
    ] as const)
      this.#total(`hooks_${what}`, help, [], (counter) => counter.inc(hooks()?.[what] ?? 0));
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({
      name: `millrace_${name}_total`,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
  }

  /** A counter that is counted elsewhere. */
  #total<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (counter: Counter<Label>) => void,
  ): void {
    const counter: Counter<Label> = new Counter({
      name: `millrace_${name}_total`,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        read(counter);
      },
    });
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (gauge: Gauge<Label>) => void,
  ): void {
    const gauge: Gauge<Label> = new Gauge({
      name: `millrace_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        read(gauge);
      },
    });
  }
}
