import { isNameSegment, MAX_NAME_LENGTH, streamName, type StreamName } from './stream-name.ts';

/** Which streams a rule or a key is for: `live/cam`, `live/*`, `live/cam-*`, `*` + `/cam`, or `*` for all. */
export interface StreamPattern {
  readonly text: string;
  /** The only stream it means; undefined: it has a `*`. */
  readonly only: StreamName | undefined;
  matches(name: StreamName): boolean;
}

/** `*` stands for any characters but `/`; a single `*` is every stream. Gives the reason if it cannot be one. */
export function streamPattern(text: string): StreamPattern | { readonly refused: string } {
  if (text === '*') return { text, only: undefined, matches: () => true };
  const [app = '', stream, ...more] = text.split('/');
  if (stream === undefined || more.length > 0)
    return { refused: 'it must be APP/STREAM, such as live/cam or live/*, or * for all' };
  if (!text.includes('*')) {
    const only = streamName(app, stream);
    return 'refused' in only ? only : { text, only, matches: (name) => name.path === only.path };
  }
  if (!isPart(app) || !isPart(stream)) {
    return {
      refused: `application and stream may use A-Z a-z 0-9 . _ ~ - and * only (at most ${MAX_NAME_LENGTH} each)`,
    };
  }
  return {
    text,
    only: undefined,
    matches: (name) => matchesPart(app, name.app) && matchesPart(stream, name.stream),
  };
}

const isPart = (text: string): boolean =>
  text !== '' &&
  text.length <= MAX_NAME_LENGTH &&
  (/^\*+$/.test(text) || isNameSegment(text.replaceAll('*', '')));

/** Takes at most the product of both lengths in steps, whatever both say: a regular expression might take for ever. */
function matchesPart(pattern: string, text: string): boolean {
  let at = 0;
  let next = 0;
  /** Where to go on after the last `*`, and how much of the text that has taken so far. */
  let afterStar = -1;
  let taken = 0;
  while (next < text.length) {
    if (pattern[at] === '*') {
      afterStar = ++at;
      taken = next;
    } else if (at < pattern.length && pattern[at] === text[next]) {
      at++;
      next++;
    } else if (afterStar >= 0) {
      at = afterStar;
      next = ++taken;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
