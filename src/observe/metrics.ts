import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** What is known of one stream at the time of a scrape. */
export interface StreamMetrics {
  readonly stream: string;
  readonly bytesIn: number;
  readonly videoFrames: number;
  readonly audioFrames: number;
  readonly framesPerSecond: number | undefined;
  readonly gopSeconds: number | undefined;
  /** Viewers and bytes by protocol. */
  readonly viewers: Readonly<Record<string, number>>;
  readonly bytesOut: Readonly<Record<string, number>>;
}

/** Prometheus metrics. Streams are asked for their figures at the scrape, so that a frame costs nothing here. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #streams: () => readonly StreamMetrics[];
  readonly #closed: Counter<'door' | 'reason'>;

  constructor(streams: () => readonly StreamMetrics[]) {
    this.#streams = streams;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#closed = new Counter({
      name: 'millrace_connections_closed_total',
      help: 'Connections that were closed, by door and reason.',
      labelNames: ['door', 'reason'],
      registers,
    });
    this.#gauge(
      'millrace_stream_frames_per_second',
      'Video frames per second of a stream, measured.',
      (one) => one.framesPerSecond,
    );
    this.#gauge('millrace_stream_gop_seconds', 'Length of the last whole GOP.', (one) => one.gopSeconds);
    this.#gauge(
      'millrace_stream_bytes_in',
      'Media bytes received since the stream began.',
      (one) => one.bytesIn,
    );
    this.#gauge(
      'millrace_stream_video_frames_in',
      'Video frames received since the stream began.',
      (one) => one.videoFrames,
    );
    this.#gauge(
      'millrace_stream_audio_frames_in',
      'Audio frames received since the stream began.',
      (one) => one.audioFrames,
    );
    this.#byProtocol('millrace_stream_viewers', 'Viewers of a stream by protocol.', (one) => one.viewers);
    this.#byProtocol(
      'millrace_stream_bytes_out',
      'Bytes handed to viewers by wire format.',
      (one) => one.bytesOut,
    );
    const count: Gauge = new Gauge({
      name: 'millrace_streams',
      help: 'Streams that are live or in their grace time.',
      registers,
      collect: () => {
        count.set(this.#streams().length);
      },
    });
  }

  connectionClosed(door: string, reason: string): void {
    this.#closed.inc({ door, reason });
  }

  async render(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #gauge(name: string, help: string, read: (one: StreamMetrics) => number | undefined): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['stream'],
      registers: [this.#registry],
      collect: () => {
        gauge.reset(); // streams that are over must not linger
        for (const one of this.#streams()) {
          const value = read(one);
          if (value !== undefined) gauge.set({ stream: one.stream }, value);
        }
      },
    });
  }

  #byProtocol(
    name: string,
    help: string,
    read: (one: StreamMetrics) => Readonly<Record<string, number>>,
  ): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['stream', 'protocol'],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        for (const one of this.#streams()) {
          for (const [protocol, value] of Object.entries(read(one)))
            gauge.set({ stream: one.stream, protocol }, value);
        }
      },
    });
  }
}
