import { MAX_FINDINGS_PER_CODE } from './limits.ts';

/** Collects what is odd. A stream that repeats its mistake a thousand times is told so in a few lines. */
export class Findings {
  readonly #found: Finding[] = [];
  readonly #counts = new Map<FindingCode, number>();

  add(code: FindingCode, message: string, where?: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count <= MAX_FINDINGS_PER_CODE) this.#found.push({ code, where, message });
  }

  /** In the order found; the codes that were folded say how many more there were. */
  list(): Finding[] {
    const folded = [...this.#counts]
      .filter(([, count]) => count > MAX_FINDINGS_PER_CODE)
      .map(([code, count]): Finding => ({
        code,
        message: `… and ${count - MAX_FINDINGS_PER_CODE} more of these`,
      }));
    return [...this.#found, ...folded];
  }
}

export interface Finding {
  /** Stable; scripts count these. */
  readonly code: FindingCode;
  /** Which playlist, segment or track. */
  readonly where?: string | undefined;
  /** For people. */
  readonly message: string;
}

export type FindingCode =
  // any media
  | 'no-media'
  | 'cut-short'
  | 'framing-lost'
  | 'silence'
  | 'stopped-at-limit'
  | 'codec-not-read'
  | 'flv-enhanced'
  | 'config-unreadable'
  | 'config-changed'
  | 'track-without-frames'
  | 'starts-without-key-frame'
  | 'no-key-frame'
  | 'long-gop'
  | 'dts-back'
  | 'dts-repeated'
  | 'pts-before-dts'
  | 'gap'
  | 'audio-video-start'
  // FLV
  | 'flv-flags'
  | 'flv-key-frame-label'
  | 'flv-metadata'
  // MPEG-TS
  | 'ts-continuity'
  | 'ts-pcr-interval'
  | 'ts-pes-without-time'
  | 'ts-adts'
  // MP4
  | 'mp4-unreadable'
  | 'mp4-second-opinion'
  | 'mp4-sync-flag'
  // HLS
  | 'playlist-parser'
  | 'playlist-unreachable'
  | 'playlist-not-looked-at'
  | 'playlist-sequence-back'
  | 'playlist-target-duration-changed'
  | 'playlist-segment-changed'
  | 'playlist-segments-missed'
  | 'playlist-stale'
  | 'segment-unreachable'
  | 'segment-not-read'
  | 'segment-without-pat-pmt'
  | 'segment-without-idr'
  | 'segment-over-target-duration'
  | 'extinf-off'
  | 'bandwidth-exceeded'
  | 'codecs-differ'
  | 'resolution-differs'
  | 'frame-rate-differs';
