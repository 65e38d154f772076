import type { InitSegment, LiveSegment } from './live-segment.ts';

/** A segment that has left the window and is kept elsewhere, as a playlist tells of it. */
export interface PastSegment {
  readonly sequence: number;
  /** Ticks. */
  readonly duration: number;
  readonly discontinuity: boolean;
  readonly independent: boolean;
  /** ms since 1970. */
  readonly programDateTime: number;
  /** The number in its EXT-X-MAP's name. */
  readonly init: number;
}

/**
 * Where the past of a rendition goes: segments in CMAF that players can go back to under the addresses that they always had.
 * It must not wait or throw in {@link offer}.
 */
export interface Archive {
  /**
   * A segment is whole. `bytes` of it are put together when asked for. It is in the window still, and what it has said
   * of itself does not change.
   */
  offer(segment: LiveSegment): void;
  /**
   * What is kept and can be fetched, oldest first, numbers without a gap, up to the one before `sequence`, which is the
   * oldest in the window; empty where that one is not kept.
   */
  past(sequence: number): readonly PastSegment[];
  /** EXT-X-DISCONTINUITY-SEQUENCE of a playlist that begins with the first of {@link past} of `sequence`; `live` is the window's. */
  discontinuitySequence(live: number, sequence: number): number;
  /**
   * Fetches a segment, or an initialization segment by its number, and calls back, never before it has returned.
   * Undefined: it is not kept. Returns how to give up.
   */
  fetch(what: ArchiveFile, callback: (file: FetchedFile) => void): (() => void) | undefined;
  /** A segment can be fetched. */
  keeps(sequence: number): boolean;
  /** Somebody reads: what is there is not removed only because the stream is over. Returns how to say that it is done. */
  hold(): () => void;
}

/** Bytes that are not in memory: whoever wants them reads as much at a time as it can use. */
export interface StoredBytes {
  readonly size: number;
  /** From `from` to before `to`. Undefined: they are gone, or cannot be read. */
  read(from: number, to: number): Promise<Buffer | undefined>;
}

/** Sound alone has another MIME type. */
export type FetchedFile = { readonly hasPictures: boolean } & (
  { readonly bytes: Buffer } | { readonly stored: StoredBytes }
);

export type ArchiveFile =
  | { readonly kind: 'segment'; readonly sequence: number }
  | { readonly kind: 'init'; readonly number: InitSegment['number'] };

/** Keeps nothing. */
export const NO_ARCHIVE: Archive = {
  offer: () => undefined,
  past: () => [],
  discontinuitySequence: (live) => live,
  fetch: () => undefined,
  keeps: () => false,
  hold: () => () => undefined,
};
