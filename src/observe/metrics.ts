import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { GatewayEvent } from './events.ts';
import { LifeTotals, type ByProtocol } from './life-totals.ts';
import { OperationMetrics, type OperationSource } from './operation-metrics.ts';
import { PlaybackMetrics } from './playback-metrics.ts';

/** How finely the delay of the event loop is measured. */
const LOOP_DELAY_MS = 250;

/** What is known of one stream at the time of a scrape. */
export interface StreamMetrics {
  readonly stream: string;
  readonly bytesIn: number;
  readonly videoFrames: number;
  readonly audioFrames: number;
  readonly framesPerSecond: number | undefined;
  readonly gopSeconds: number | undefined;
  /** Messages of the present publisher that did not become frames, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Viewers and bytes by protocol. */
  readonly viewers: Readonly<Record<string, number>>;
  readonly bytesOut: Readonly<Record<string, number>>;
  /** Bytes from publishers and to viewers since the stream began, by protocol; HLS included. */
  readonly received: ByProtocol;
  readonly sent: ByProtocol;
  /** How late frames came in the last second beside the stream's own clock, ms, at most. */
  readonly lateMs: number | undefined;
  /** Viewers of RTMP, HTTP-FLV and WebSocket-FLV by state. */
  readonly states: Readonly<Record<string, number>>;
  /** Bytes that wait for all of these viewers, and for the one for whom most do. */
  readonly queuedBytes: number;
  readonly maxQueuedBytes: number;
}

/** What has happened to slow viewers since the start of the process, by protocol. */
export interface ViewerMetrics {
  readonly lags: Readonly<Record<string, number>>;
  readonly skippedGops: Readonly<Record<string, number>>;
  readonly skippedBatches: Readonly<Record<string, number>>;
  /** Viewers that were closed: by reason, then by protocol. */
  readonly closed: Iterable<readonly [reason: string, counts: Readonly<Record<string, number>>]>;
}

/** All are asked at each scrape, so that a frame costs nothing here. */
export interface MetricsSource {
  readonly streams: () => readonly StreamMetrics[];
  readonly viewers: () => ViewerMetrics;
  /** For how long frames are collected before they are written to viewers, ms. */
  readonly batchMs: () => number;
  /** Share of the time since it was last asked for in which the event loop was busy, 0 to 1. */
  readonly utilization: () => number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Of this program. */
  readonly version: string;
  /** What there is beside streams; asked when it is known. */
  readonly operation?: OperationSource;
}

/** Segments are wanted 1 to 30 s long; half a second either way of the usual lengths tells whether they are. */
const SEGMENT_SECONDS = [0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20, 30];

/** Prometheus metrics. The README's table says what there is. */
export class Metrics {
  /** What viewers' pages tell. */
  readonly playback: PlaybackMetrics;
  readonly #registry = new Registry();
  readonly #source: MetricsSource;
  readonly #closed: Counter<'door' | 'reason'>;
  readonly #segments: Histogram;
  readonly #totals: LifeTotals;
  readonly #operation: OperationMetrics;

  constructor(source: MetricsSource) {
    this.#source = source;
    this.#totals = new LifeTotals(source.now);
    // Its clock for the delay of the event loop wakes the process each time: by default 100 times a second.
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LOOP_DELAY_MS });
    this.#closed = new Counter({
      name: 'millrace_connections_closed_total',
      help: 'Connections that were closed, by door and reason.',
      labelNames: ['door', 'reason'],
      registers: [this.#registry],
    });
    const count: Gauge = new Gauge({
      name: 'millrace_streams',
      help: 'Streams that are live or in their grace time.',
      registers: [this.#registry],
      collect: () => count.set(this.#source.streams().length),
    });
    this.#segments = new Histogram({
      name: 'millrace_hls_segment_seconds',
      help: 'Lengths of the HLS segments made, of all streams.',
      buckets: SEGMENT_SECONDS,
      registers: [this.#registry],
    });
    this.#describeLoad();
    this.#describeStreams();
    this.#describeTotals();
    this.#describeViewers();
    this.#operation = new OperationMetrics(this.#registry, source.operation);
    this.playback = new PlaybackMetrics(this.#registry);
  }

  /** An HLS segment is whole. */
  segmentMade(seconds: number): void {
    this.#segments.observe(seconds);
  }

  /** What a stream that is over has brought and taken must not be lost with it. */
  streamEnded(stream: string, received: ByProtocol, sent: ByProtocol): void {
    this.#totals.ended(stream, received, sent);
  }

  happened(event: GatewayEvent): void {
    this.#operation.happened(event);
  }

  /** Somebody was not let in. `reason` as it was told; names, addresses and times in it are left out. */
  visitRefused(action: 'connect' | 'publish' | 'play', reason: string): void {
    this.#operation.visitRefused(action, reason);
  }

  apiRefused(status: number): void {
    this.#operation.apiRefused(status);
  }

  connectionClosed(door: string, reason: string): void {
    this.#closed.inc({ door, reason });
  }

  async render(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #describeLoad(): void {
    const registers = [this.#registry];
    const batch: Gauge = new Gauge({
      name: 'millrace_batch_milliseconds',
      help: 'How long frames are collected before viewers get them; 0: until the next video frame. Grows under load.',
      registers,
      collect: () => batch.set(this.#source.batchMs()),
    });
    const busy: Gauge = new Gauge({
      name: 'millrace_event_loop_utilization',
      help: 'Share of the time since the last scrape in which the event loop was busy, 0 to 1.',
      registers,
      collect: () => busy.set(this.#source.utilization()),
    });
  }

  #describeStreams(): void {
    const one = this.#perStream.bind(this);
    const by = this.#perStreamAnd.bind(this);
    one('frames_per_second', 'Video frames per second, measured.', (each) => each.framesPerSecond);
    one('gop_seconds', 'Length of the last whole GOP.', (each) => each.gopSeconds);
    one('bytes_in', 'Media bytes received since the stream began.', (each) => each.bytesIn);
    one('video_frames_in', 'Video frames received since the stream began.', (each) => each.videoFrames);
    one('audio_frames_in', 'Audio frames received since the stream began.', (each) => each.audioFrames);
    by(
      'messages_dropped',
      'reason',
      'Publisher’s messages that did not become frames.',
      (each) => each.dropped,
    );
    by('viewers', 'protocol', 'Viewers by protocol.', (each) => each.viewers);
    by('bytes_out', 'protocol', 'Bytes handed to viewers by wire format.', (each) => each.bytesOut);
    by('viewers_by_state', 'state', 'Viewers that are joining, live or lagging.', (each) => each.states);
    one('queued_bytes', 'Bytes that wait for viewers.', (each) => each.queuedBytes);
    one('max_queued_bytes', 'Bytes that wait for the slowest viewer.', (each) => each.maxQueuedBytes);
    one(
      'frame_lateness_seconds',
      'How late frames came in the last second beside the stream’s own clock, at most.',
      (each) => (each.lateMs === undefined ? undefined : each.lateMs / 1000),
    );
  }

  #describeTotals(): void {
    const info = new Gauge({
      name: 'millrace_info',
      help: 'Always 1; the version is in the label.',
      labelNames: ['version'],
      registers: [this.#registry],
    });
    info.set({ version: this.#source.version }, 1);
    this.#total('received', 'Media bytes received from publishers');
    this.#total('sent', 'Bytes handed to viewers');
  }

  /** Counters that go on when a stream of the same name begins again. */
  #total(way: 'received' | 'sent', help: string): void {
    const registers = [this.#registry];
    const each: Counter<'stream' | 'protocol'> = new Counter({
      name: `millrace_stream_${way}_bytes_total`,
      help: `${help} by stream and protocol, since the process began.`,
      labelNames: ['stream', 'protocol'],
      registers,
      collect: () => {
        each.reset();
        for (const { stream, protocol, bytes } of this.#totals.each(way, this.#source.streams()))
          each.inc({ stream, protocol }, bytes);
      },
    });
    const all: Counter<'protocol'> = new Counter({
      name: `millrace_${way}_bytes_total`,
      help: `${help} by protocol, of all streams, since the process began.`,
      labelNames: ['protocol'],
      registers,
      collect: () => {
        all.reset();
        const sums = this.#totals.all(way, this.#source.streams());
        for (const [protocol, bytes] of Object.entries(sums)) all.inc({ protocol }, bytes);
      },
    });
  }

  #describeViewers(): void {
    this.#perProtocol('viewer_lags_total', 'Times a viewer fell behind.', (all) => all.lags);
    this.#perProtocol(
      'viewer_skipped_gops_total',
      'Whole GOPs not given to a viewer.',
      (all) => all.skippedGops,
    );
    this.#perProtocol(
      'viewer_skipped_batches_total',
      'Batches not given to a viewer.',
      (all) => all.skippedBatches,
    );
    const closed: Counter<'protocol' | 'reason'> = new Counter({
      name: 'millrace_viewers_closed_total',
      help: 'Viewers that were closed, by protocol and reason.',
      labelNames: ['protocol', 'reason'],
      registers: [this.#registry],
      collect: () => {
        closed.reset();
        for (const [reason, counts] of this.#source.viewers().closed)
          for (const [protocol, value] of Object.entries(counts)) closed.inc({ protocol, reason }, value);
      },
    });
  }

  #perStream(name: string, help: string, read: (one: StreamMetrics) => number | undefined): void {
    const gauge = new Gauge({
      name: `millrace_stream_${name}`,
      help,
      labelNames: ['stream'],
      registers: [this.#registry],
      collect: () => {
        gauge.reset(); // streams that are over must not linger
        for (const one of this.#source.streams()) {
          const value = read(one);
          if (value !== undefined) gauge.set({ stream: one.stream }, value);
        }
      },
    });
  }

  #perStreamAnd(
    name: string,
    label: string,
    help: string,
    read: (one: StreamMetrics) => Readonly<Record<string, number>>,
  ): void {
    const gauge = new Gauge({
      name: `millrace_stream_${name}`,
      help,
      labelNames: ['stream', label],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        for (const one of this.#source.streams())
          for (const [key, value] of Object.entries(read(one)))
            gauge.set({ stream: one.stream, [label]: key }, value);
      },
    });
  }

  /** A counter that is counted elsewhere. */
  #perProtocol(
    name: string,
    help: string,
    read: (all: ViewerMetrics) => Readonly<Record<string, number>>,
  ): void {
    const counter = new Counter({
      name: `millrace_${name}`,
      help,
      labelNames: ['protocol'],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const [protocol, value] of Object.entries(read(this.#source.viewers())))
          counter.inc({ protocol }, value);
      },
    });
  }
}
