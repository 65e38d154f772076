import { ask } from './asking.ts';
import type { Waiting } from './leavers.ts';
import type { Breach } from './rules.ts';

/** Asks whether a segment that has left the playlist is still there: RFC 8216 §6.2.2. */
export async function goneBreaches({ segment, until }: Waiting): Promise<Breach[]> {
  if (segment.url.protocol === 'file:') return [];
  const first = segment.range?.offset ?? 0;
  const answer = await ask(segment.url, { method: 'GET', range: `bytes=${first}-${first}` });
  const now = performance.now();
  const isGone =
    answer !== undefined && (answer.status === 404 || answer.status === 410 || answer.status === 403);
  if (!isGone || now > until) return [];
  const message =
    `segment ${segment.sequence} has left the playlist and is gone (${answer.status}) ` +
    `at least ${((until - now) / 1000).toFixed(1)} s before its time was over`;
  return [{ code: 'segment-gone-too-soon', message, segment: segment.sequence }];
}
