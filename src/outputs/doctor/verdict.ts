/** What is wrong with a stream, in words for the person at the encoder, with the measurement that led to it. */
export interface Verdict {
  readonly code: VerdictCode;
  /** `advice`: it works, it could be better; `warning`: some viewers suffer; `error`: many do. */
  readonly severity: 'advice' | 'warning' | 'error';
  /** One sentence with the measurement. */
  readonly text: string;
  /** What to do, naming the encoder's menu where it is known. */
  readonly remedy: string;
  readonly measured: Readonly<Record<string, number | string>>;
}

export type VerdictCode =
  | 'keyframe-interval'
  | 'keyframes-only'
  | 'bitrate-starving'
  | 'bitrate-bursting'
  | 'clock-fast'
  | 'frames-late'
  | 'frames-missing'
  | 'timestamps-jump'
  | 'audio-missing'
  | 'audio-stopped'
  | 'video-stopped'
  | 'audio-offset'
  | 'b-frames'
  | 'codec-support'
  | 'resolution-change'
  | 'track-unusable';

/** A verdict that stands, and since when: ms since 1970. */
export interface StandingVerdict extends Verdict {
  readonly since: number;
}
