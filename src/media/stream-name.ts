/** `{app}/{stream}`: what publishers and viewers call a stream. */
export interface StreamName {
  readonly app: string;
  readonly stream: string;
  /** `app/stream`, the key in every map. */
  readonly path: string;
}

/** First path segments that belong to the gateway's own pages and API. */
export const RESERVED_APPS: ReadonlySet<string> = new Set(['api', 'metrics', 'healthz', 'watch', 'assets']);

/** Long enough for any key an encoder shows in one line; short enough for a log line and a file name. */
export const MAX_NAME_LENGTH = 128;

const SEGMENT = /^[A-Za-z0-9._~-]+$/;

/** True for a name that may stand as one segment of a URL and of a file's path. */
export function isNameSegment(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && SEGMENT.test(text) && text !== '.' && text !== '..';
}

/** The name, or the reason why it is refused, in words for the person at the encoder. */
export function streamName(app: string, stream: string): StreamName | { readonly refused: string } {
  for (const [what, text] of [
    ['application name', app],
    ['stream name', stream],
  ] as const) {
    if (text === '') return { refused: `the ${what} is empty` };
    if (!isNameSegment(text)) {
      return {
        refused: `the ${what} may use A-Z a-z 0-9 . _ ~ - only (at most ${MAX_NAME_LENGTH}), not . or ..`,
      };
    }
  }
  if (RESERVED_APPS.has(app)) return { refused: `the application name "${app}" is reserved` };
  return { app, stream, path: `${app}/${stream}` };
}
