import type { RecordingFormat } from './muxer.ts';

/** One recording, for people and programs. */
export interface RecordingReport {
  readonly id: string;
  readonly stream: string;
  readonly file: string;
  readonly format: RecordingFormat;
  readonly startedAt: string;
  readonly seconds: number | null;
  readonly bytes: number;
  readonly active: boolean;
}

/** What is going on with a stream's recording in one format. */
export interface TakeReport {
  readonly stream: string;
  readonly format: RecordingFormat;
  /** Of the file being written; undefined before a key frame, and while there is a problem. */
  readonly recording: string | undefined;
  /** Why it does not go on; it is tried again. */
  readonly problem: string | undefined;
  /** Missing because the disk was too slow. */
  readonly leftOutFrames: number;
}

/** A wish that cannot be met, in words for the operator. */
export class RecorderRefusal extends Error {
  override readonly name = 'RecorderRefusal';
  readonly code:
    | 'no such stream'
    | 'no such recording'
    | 'not recorded'
    | 'recorded already'
    | 'not now'
    | 'being written';

  constructor(code: RecorderRefusal['code'], message: string) {
    super(message);
    this.code = code;
  }
}
