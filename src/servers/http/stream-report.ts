import type { Stream } from '../../stream/stream.ts';
import type { ViewerProtocol } from '../../stream/viewer.ts';
import { reportRenditions, type RenditionReport } from './rendition-report.ts';

/** One stream as `/api/v1/streams` tells of it. Rates are null until they have been measured. */
export interface StreamReport {
  readonly app: string;
  readonly stream: string;
  readonly state: string;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly publisher: { readonly address: string; readonly encoder: string | null } | null;
  readonly video: {
    readonly codec: string;
    readonly width: number;
    readonly height: number;
    readonly fps: number | null;
    readonly gopSeconds: number | null;
    readonly bitrateKbps: number | null;
  } | null;
  readonly audio: {
    readonly codec: string;
    readonly sampleRate: number;
    readonly channels: number;
    readonly bitrateKbps: number | null;
  } | null;
  readonly bitrateKbps: number | null;
  /** What viewers can choose. */
  readonly renditions: readonly RenditionReport[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly viewers: Readonly<Record<'total' | 'rtmp' | 'httpFlv' | 'wsFlv' | 'hls', number>>;
  /** How well viewers of RTMP, HTTP-FLV and WebSocket-FLV keep up. */
  readonly delivery: DeliveryReport;
  /** Messages of the present publisher that did not become frames, and frames that are in no HLS segment, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** How far back players of HLS can go; 0: no further than the live playlist. */
  readonly dvrSeconds?: number;
  /** What is kept on the disk for them by now. */
  readonly dvr?: DvrReport;
  /** Why a track cannot be used, or not in HLS, in words. */
  readonly problems: readonly string[];
  /** Where it is offered together with others in HLS. */
  readonly ladder?: LadderReport | undefined;
}

/** Streams that are one in HLS. */
export interface LadderReport {
  /** `app/stream`, of which the playlist is asked. */
  readonly path: string;
  /** Those that are there, as `app/stream`. */
  readonly members: readonly string[];
  /** Players of HLS that watch it, whichever of the members they are at. */
  readonly hlsViewers: number;
}

/** The past of a stream on the disk. */
export interface DvrReport {
  /** Of the main rendition. */
  readonly seconds: number;
  /** Of all renditions. */
  readonly bytes: number;
}

export interface DeliveryReport {
  /** Viewers by state. */
  readonly joining: number;
  readonly live: number;
  readonly lagging: number;
  /** Bytes that wait for all viewers, and for the one for whom most do. */
  readonly queuedBytes: number;
  readonly maxQueuedBytes: number;
  /** Since the stream began: times a viewer fell behind; whole GOPs, and batches of frames, that viewers were not given. */
  readonly lags: number;
  readonly skippedGops: number;
  readonly skippedBatches: number;
  /** Viewers that were closed, by reason. */
  readonly closed: Readonly<Record<string, number>>;
}

export interface ReportContext {
  /** Wall clock, ms. */
  readonly now: number;
  readonly startedAt: number;
  readonly hlsViewers: number;
  /** `hls.dvrSeconds` of this stream. */
  readonly dvrSeconds?: number | undefined;
  readonly dvr?: DvrReport | undefined;
  /** Of HLS: why a track is left out, and how many frames were. */
  readonly hls?: { readonly problem: string | undefined; readonly framesDropped: number } | undefined;
  readonly ladder?: LadderReport | undefined;
}

const kbps = (bits: number | undefined): number | null =>
  bits === undefined ? null : Math.round(bits / 1000);
const rounded = (value: number | undefined, digits: number): number | null =>
  value === undefined ? null : Number(value.toFixed(digits));

export function reportStream(stream: Stream, context: ReportContext): StreamReport {
  const { now, startedAt, hlsViewers, hls, ladder } = context;
  const { video, audio } = stream.facts.tracks;
  const { videoBitsPerSecond, audioBitsPerSecond, framesPerSecond, gopSeconds } = stream.meter.rates;
  const viewers = countViewers(stream);
  const { publisher } = stream;
  return {
    app: stream.name.app,
    stream: stream.name.stream,
    state: stream.state,
    startedAt: new Date(startedAt).toISOString(),
    uptimeSeconds: Math.round((now - startedAt) / 100) / 10,
    publisher: publisher ? { address: publisher.address, encoder: publisher.encoder ?? null } : null,
    video: video
      ? {
          codec: video.codecString,
          width: video.width,
          height: video.height,
          fps: rounded(framesPerSecond, 2),
          gopSeconds: rounded(gopSeconds, 3),
          bitrateKbps: kbps(videoBitsPerSecond),
        }
      : null,
    audio: audio
      ? {
          codec: audio.codecString,
          sampleRate: audio.sampleRate,
          channels: audio.channels,
          bitrateKbps: kbps(audioBitsPerSecond),
        }
      : null,
    bitrateKbps:
      videoBitsPerSecond === undefined ? null : kbps(videoBitsPerSecond + (audioBitsPerSecond ?? 0)),
    renditions: reportRenditions(stream),
    ...(context.dvrSeconds !== undefined && { dvrSeconds: context.dvrSeconds }),
    ...(context.dvr && { dvr: context.dvr }),
    bytesIn: stream.meter.bytesIn,
    bytesOut: Object.values(stream.bytesOut).reduce((sum, bytes) => sum + bytes, 0),
    viewers: {
      total: viewers.rtmp + viewers['http-flv'] + viewers['ws-flv'] + hlsViewers,
      rtmp: viewers.rtmp,
      httpFlv: viewers['http-flv'],
      wsFlv: viewers['ws-flv'],
      hls: hlsViewers,
    },
    delivery: reportDelivery(stream),
    dropped: {
      ...publisher?.dropped?.(),
      ...(hls && hls.framesDropped > 0 && { 'in no HLS segment': hls.framesDropped }),
    },
    problems: [
      ...(publisher?.problems?.() ?? []),
      ...(hls?.problem === undefined ? [] : [`not in HLS: ${hls.problem}`]),
    ],
    ...(ladder && { ladder }),
  };
}

function reportDelivery(stream: Stream): DeliveryReport {
  const { tally } = stream;
  const all = measureQueues(stream);
  const closed = [...tally.closed].map(([reason, counts]): [string, number] => [
    reason,
    Object.values(counts).reduce((sum, count) => sum + count, 0),
  ]);
  return {
    ...all.states,
    queuedBytes: all.queuedBytes,
    maxQueuedBytes: all.maxQueuedBytes,
    lags: tally.total('lags'),
    skippedGops: tally.total('skippedGops'),
    skippedBatches: tally.total('skippedBatches'),
    closed: Object.fromEntries(closed),
  };
}

export interface Queues {
  readonly states: Readonly<Record<'joining' | 'live' | 'lagging', number>>;
  readonly queuedBytes: number;
  readonly maxQueuedBytes: number;
}

/** Viewers of one stream by state, and what waits for them. */
export function measureQueues(stream: Stream): Queues {
  const states = { joining: 0, live: 0, lagging: 0 };
  let queuedBytes = 0;
  let maxQueuedBytes = 0;
  for (const fanout of stream.fanouts) {
    for (const viewer of fanout.viewers()) {
      if (viewer.state === 'closed') continue;
      states[viewer.state]++;
      queuedBytes += viewer.queuedBytes;
      maxQueuedBytes = Math.max(maxQueuedBytes, viewer.queuedBytes);
    }
  }
  return { states, queuedBytes, maxQueuedBytes };
}

/** Viewers of one stream by how they watch. */
export function countViewers(stream: Stream): Record<ViewerProtocol, number> {
  const counts: Record<ViewerProtocol, number> = { rtmp: 0, 'http-flv': 0, 'ws-flv': 0, relay: 0 };
  for (const fanout of stream.fanouts) for (const viewer of fanout.viewers()) counts[viewer.sink.protocol]++;
  return counts;
}
