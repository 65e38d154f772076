import type { Stream } from '../../stream/stream.ts';
import type { ViewerProtocol } from '../../stream/viewer.ts';

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
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly viewers: Readonly<Record<'total' | 'rtmp' | 'httpFlv' | 'wsFlv' | 'hls', number>>;
}

export interface ReportContext {
  /** Wall clock, ms. */
  readonly now: number;
  readonly startedAt: number;
  readonly hlsViewers: number;
}

const kbps = (bits: number | undefined): number | null =>
  bits === undefined ? null : Math.round(bits / 1000);
const rounded = (value: number | undefined, digits: number): number | null =>
  value === undefined ? null : Number(value.toFixed(digits));

export function reportStream(stream: Stream, { now, startedAt, hlsViewers }: ReportContext): StreamReport {
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
    bytesIn: stream.meter.bytesIn,
    bytesOut: Object.values(stream.bytesOut).reduce((sum, bytes) => sum + bytes, 0),
    viewers: {
      total: viewers.rtmp + viewers['http-flv'] + viewers['ws-flv'] + hlsViewers,
      rtmp: viewers.rtmp,
      httpFlv: viewers['http-flv'],
      wsFlv: viewers['ws-flv'],
      hls: hlsViewers,
    },
  };
}

/** Viewers of one stream by how they watch. */
export function countViewers(stream: Stream): Record<ViewerProtocol, number> {
  const counts: Record<ViewerProtocol, number> = { rtmp: 0, 'http-flv': 0, 'ws-flv': 0 };
  for (const fanout of stream.fanouts) for (const viewer of fanout.viewers()) counts[viewer.sink.protocol]++;
  return counts;
}
