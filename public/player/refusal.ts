import { NO_REASON, sentenceOf } from '../text/refusal.ts';
import { mediaUrl } from './engine-parts.ts';

/** Longest wait for the server's word, in ms: a player that has failed is about to try another way. */
const ANSWER_WITHIN_MS = 4000;
/** To whom nothing was shown that could let it in. */
const NOTHING_SHOWN = 'This stream is not open to everybody. Open it with the link that you were given.';

/**
 * Why this viewer may not watch, as a sentence for it; undefined if it may, or nobody says. Engines do not tell a refusal from
 * a lost connection: browsers hide from a page what a WebSocket was answered. So the server is asked once more, for the headers
 * alone, which is no viewing.
 */
export async function refusalOf(app: string, stream: string): Promise<string | undefined> {
  const url = mediaUrl('http-flv', { app, stream });
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  try {
    const { status } = await fetch(url, { method: 'HEAD', cache: 'no-store', signal });
    if (status === 401) return NOTHING_SHOWN;
    return status === 403 ? await reasonAt(url, signal) : undefined;
  } catch {
    return undefined;
  }
}

async function reasonAt(url: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(url, { cache: 'no-store', signal });
  if (answer.status === 403) return sentenceOf(await answer.text());
  await answer.body?.cancel(); // let in after all: the stream itself has begun
  return NO_REASON;
}
