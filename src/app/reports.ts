import type { StreamMetrics } from '../observe/metrics.ts';
import type { HlsAudience } from '../servers/http/hls-audience.ts';
import { countViewers, reportStream, type StreamReport } from '../servers/http/stream-report.ts';
import type { Stream } from '../stream/stream.ts';

export function reportStreams(streams: readonly Stream[], audience: HlsAudience): StreamReport[] {
  const now = Date.now();
  return streams.map((stream) =>
    reportStream(stream, { now, startedAt: stream.startedAt, hlsViewers: audience.count(stream.name.path) }),
  );
}

export function measureStream(stream: Stream, audience: HlsAudience): StreamMetrics {
  const { framesPerSecond, gopSeconds } = stream.meter.rates;
  return {
    stream: stream.name.path,
    bytesIn: stream.meter.bytesIn,
    videoFrames: stream.meter.videoFrames,
    audioFrames: stream.meter.audioFrames,
    framesPerSecond,
    gopSeconds,
    viewers: { ...countViewers(stream), hls: audience.count(stream.name.path) },
    bytesOut: stream.bytesOut,
  };
}
