/** A notification on its way to one target. */
export interface Note {
  /** Counts up within the target's queue; never the same again. */
  readonly seq: number;
  /** When it came to be: wall clock, ms. */
  readonly at: number;
  /** Notes of one lane arrive in order; lanes do not wait for each other. Mostly the stream's name. */
  readonly lane: string;
  /** The same at each repetition and after a restart: receivers tell repetitions by it. */
  readonly id: string;
  /** The event's name in the target's format. */
  readonly call: string;
  readonly contentType: string;
  readonly body: string;
}

export type NoteDraft = Omit<Note, 'seq' | 'at'>;

/** What a note costs beside its body, about, in memory and on the disk. */
const OVERHEAD = 200;

export const sizeOf = (note: NoteDraft): number => note.body.length + OVERHEAD;
