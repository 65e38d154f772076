import { FORM } from './nginx-form.ts';
import type { Note } from './note.ts';
import { PostError, type Post, type PostAnswer } from './http-post.ts';
import type { Outcome } from './outbox.ts';
import { headersFor } from './request.ts';
import type { HookTarget } from './target.ts';

/** Posts one note, and says what the answer means. */
export async function deliver(
  note: Note,
  repetition: number,
  to: {
    readonly target: HookTarget;
    readonly post: Post;
    readonly clock: () => number;
    readonly signal: AbortSignal;
  },
): Promise<Outcome> {
  const { target, post, clock, signal } = to;
  const { secret, timeoutMs } = target.settings;
  const headers = headersFor({ ...note, secret, clock, repetition });
  try {
    const answer = await post({ url: target.urlFor(note.call), headers, body: note.body, timeoutMs, signal });
    return outcomeOf(answer, note.contentType === FORM);
  } catch (error) {
    if (!(error instanceof PostError)) throw error;
    return { kind: 'unheard', text: error.message };
  }
}

/** Answers that say "not now" whoever sends them: RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4, and proxies without a server behind. */
const LATER = new Set([408, 425, 429, 502, 503, 504]);

/**
 * 2xx: delivered. nginx-rtmp does not look at what its notifications are answered, so that back ends written for it may
 * answer anything: a 3xx or 4xx is as good. Else a 3xx or 4xx is a refusal, and a 5xx a receiver in trouble.
 */
function outcomeOf({ status }: Pick<PostAnswer, 'status'>, isForm: boolean): Outcome {
  const text = `answers with ${status}`;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (LATER.has(status)) return { kind: 'unheard', text };
  if (isForm) return status < 500 ? { kind: 'delivered' } : { kind: 'refused', text };
  return { kind: status < 500 ? 'refused' : 'unheard', text };
}
