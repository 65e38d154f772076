import type { RenderedPlaylist } from './playlist-answers.ts';

/** What a stream's HLS is to the HTTP door: playlists and files that are made already, and word of those to come. */
export interface HlsSource {
  /** Undefined: not yet. The addresses in it carry `?dvr=0` where that was asked. */
  multivariant(ask: HlsAsk): RenderedPlaylist | undefined;

  /** Why there is no playlist in the container that is asked for, in words; undefined: there is, or there may be. */
  refusal?(ask: HlsAsk): string | undefined;

  /** By its file name: `media.m3u8`, `video1-ts.m3u8`, … Undefined: there is no such playlist. The same object while it lives. */
  playlist(file: string): HlsPlaylist | undefined;

  /** A segment, part or init segment by its file name. Undefined: not kept (any more), or not whole yet. */
  file(name: string): HlsFile | undefined;

  /**
   * Calls back once when a part or segment that a playlist has promised (EXT-X-PRELOAD-HINT) and that is not whole yet
   * is so, or with undefined when it will never be, or with one of the past that is on the disk; never before this has
   * returned. Returns how to give up; undefined: nobody has promised it.
   */
  whenFile(name: string, callback: (file: AnyHlsFile | undefined) => void): (() => void) | undefined;

  /**
   * Calls back once when there are playlists of so many segments (1 by default) or the stream has ended, at once if that is so now.
   * Returns how to give up.
   */
  whenReady(callback: () => void, segments?: number): () => void;
}

/** Instead of the stream's own choice. */
export type HlsContainer = 'ts' | 'fmp4';

/** What a client wants of the multivariant playlist. */
export interface HlsAsk {
  readonly container?: HlsContainer | undefined;
  /** With what the stream keeps of its past. */
  readonly dvr: boolean;
}

export interface HlsFile {
  readonly bytes: Buffer;
  /** Quotes included. */
  readonly etag: string;
  /** MIME type. */
  readonly type: string;
}

/** Bytes that are read as they are sent. */
export interface StoredBytes {
  readonly size: number;
  /** From `from` to before `to`. Undefined: they are gone, or cannot be read. */
  read(from: number, to: number): Promise<Buffer | undefined>;
}

export interface StoredHlsFile extends Omit<HlsFile, 'bytes'> {
  readonly stored: StoredBytes;
}

export type AnyHlsFile = HlsFile | StoredHlsFile;

/** Of what a media playlist is wanted. */
export interface PlaylistForm {
  /** A delta update (EXT-X-SKIP), where that is possible and saves something: RFC 8216bis §6.2.5.1. */
  readonly skip: boolean;
  /** With what the stream keeps of its past. */
  readonly dvr: boolean;
}

/** A place in a media playlist: a whole segment or, with `part`, one of its parts; both count from 0. */
export interface PlaylistPlace {
  /** Media sequence number. */
  readonly msn: number;
  /** One behind the last of a segment that is whole means the first of the next: RFC 8216bis §6.2.5.2. */
  readonly part: number | undefined;
}

export interface HlsPlaylist {
  /** Made once for each change and form, for as many as ask. Undefined: not yet. */
  rendered(form: PlaylistForm): RenderedPlaylist | undefined;

  /** It has its end mark: nothing more will come. */
  readonly ended: boolean;

  /** The newest whole segment's media sequence number, and how many parts of the next are there; undefined before the first. */
  readonly newest: { readonly msn: number; readonly parts: number } | undefined;

  /** Seconds; the same for the life of the playlist. Undefined: no blocking reload. */
  readonly lowLatency: { readonly targetDuration: number; readonly partTarget: number } | undefined;

  /** True if the place is in the playlist, or has left it. */
  has(place: PlaylistPlace): boolean;

  /**
   * Calls back once when the playlist {@link has} the place or has ended, at once if that is so now. Returns how to give
   * up. The door asks once for each place, however many wait for it.
   */
  when(place: PlaylistPlace, callback: () => void): () => void;
}
