/** How often a page asks while somebody looks at it, in ms. */
const ASK_EVERY_MS = 2000;
/** In a background tab nobody sees the answer. */
const HIDDEN_ASK_EVERY_MS = 15_000;
/** The slowest asking when the server does not answer. */
const SLOWEST_MS = 16_000;

/** Milliseconds until the next question, after `failures` unanswered ones in a row. */
export function nextAskMs(failures: number, hidden: boolean): number {
  const visible = Math.min(ASK_EVERY_MS * 2 ** Math.min(failures, 8), SLOWEST_MS);
  return hidden ? Math.max(visible, HIDDEN_ASK_EVERY_MS) : visible;
}
