/** Of what a proxy in between may have written. */
const LONGEST_SENTENCE = 300;

export const NO_REASON = 'The server does not let you watch this stream.';

/** The server says it in one line, without capital and full stop; a proxy may have put a page in its place. */
export function sentenceOf(text: string): string {
  const line = text.trim();
  if (line === '' || line.startsWith('<') || line.includes('\n') || line.length > LONGEST_SENTENCE)
    return NO_REASON;
  const capital = line[0]!.toUpperCase() + line.slice(1);
  return /[.!?)]$/.test(capital) ? capital : `${capital}.`;
}
