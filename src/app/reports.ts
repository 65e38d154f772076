import type { StreamName } from '../media/stream-name.ts';
import type { StreamMetrics, ViewerMetrics } from '../observe/metrics.ts';
import type { HlsFacts } from '../outputs/hls/hls-output.ts';
import type { HlsAudience } from '../servers/http/hls-audience.ts';
import {
  countViewers,
  measureQueues,
  reportStream,
  type DvrReport,
  type LadderReport,
  type StreamReport,
} from '../servers/http/stream-report.ts';
import type { Stream } from '../stream/stream.ts';
import type { ViewerTally } from '../stream/viewer-tally.ts';

/** @param about what a stream's HLS says of itself, and how much of its past is kept */
export function reportStreams(
  streams: readonly Stream[],
  audience: Pick<HlsAudience, 'count'>,
  about: {
    readonly hlsOf: (path: string) => HlsFacts | undefined;
    readonly dvrSecondsOf: (name: StreamName) => number;
    readonly dvrKeptOf: (name: StreamName) => DvrReport | undefined;
    readonly ladderOf: (name: StreamName) => LadderReport | undefined;
  },
): StreamReport[] {
  const now = Date.now();
  return streams.map((stream) => {
    const { path } = stream.name;
    const hlsViewers = audience.count(path);
    return reportStream(stream, {
      now,
      startedAt: stream.startedAt,
      hlsViewers,
      hls: about.hlsOf(path),
      dvrSeconds: about.dvrSecondsOf(stream.name),
      dvr: about.dvrKeptOf(stream.name),
      ladder: about.ladderOf(stream.name),
    });
  });
}

/** What is known of a stream beside what it knows itself. */
export interface StreamSurroundings {
  readonly hlsViewers: number;
  /** Bytes of playlists and segments that were sent. */
  readonly hlsBytes: number;
  /** See {@link StreamMetrics.lateMs}. */
  readonly lateMs: number | undefined;
}

export function measureStream(
  stream: Stream,
  { hlsViewers, hlsBytes, lateMs }: StreamSurroundings,
): StreamMetrics {
  const { framesPerSecond, gopSeconds } = stream.meter.rates;
  return {
    stream: stream.name.path,
    bytesIn: stream.meter.bytesIn,
    videoFrames: stream.meter.videoFrames,
    audioFrames: stream.meter.audioFrames,
    framesPerSecond,
    gopSeconds,
    viewers: { ...countViewers(stream), hls: hlsViewers },
    bytesOut: stream.bytesOut,
    received: stream.meter.bytesInBy,
    sent: { ...stream.bytesOut, hls: hlsBytes },
    lateMs,
    dropped: stream.publisher?.dropped?.() ?? {},
    ...measureQueues(stream),
  };
}

export function measureViewers(tally: ViewerTally): ViewerMetrics {
  return {
    lags: tally.of('lags'),
    skippedGops: tally.of('skippedGops'),
    skippedBatches: tally.of('skippedBatches'),
    closed: tally.closed,
  };
}
