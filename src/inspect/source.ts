/** Bytes from somewhere. */
export interface Source {
  /** Where they came from in the end, for relative URLs: redirects followed, a file as `file:`. */
  readonly url: URL;
  /** Undefined where nobody knows: as a rule a live stream. */
  readonly size: number | undefined;
  readonly chunks: AsyncIterator<Uint8Array>;
  /** Only of HTTP. */
  readonly headers?: Headers | undefined;
  /** Safe to call twice. */
  close(): void;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface OpenOptions {
  /** Stops waiting for the answer. */
  readonly signal?: AbortSignal | undefined;
  readonly range?: ByteRange | undefined;
}
