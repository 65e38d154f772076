import { judge } from './judge.ts';
import type { Target } from './target.ts';

/** Tells one death from another: its words without numbers and quoted parts, and the place in our sources. */
export function keyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const words = error.message
    .split('\n')[0]!
    .replaceAll(/'[^']*'|"[^"]*"|\d+(\.\d+)?/g, '#')
    .slice(0, 120);
  const place = /at (.*) \(/.exec(error.stack?.slice(error.stack.indexOf('\n')) ?? '')?.[1] ?? '';
  return `${error.name}: ${words} ${place}`;
}

/** Time for making a death's input smaller, ms. */
const SHRINK_MS = 3000;

/** A shorter input that dies in the same way: pieces are left out, larger ones first, as long as it does. */
export function shrink(target: Target, input: Buffer, key: string): Buffer {
  const until = performance.now() + SHRINK_MS;
  let small = input;
  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < small.length;) {
      if (performance.now() > until) return small;
      const shorter = Buffer.concat([small.subarray(0, at), small.subarray(at + size)]);
      if (dies(target, shorter, key)) small = shorter;
      else at += size;
    }
  }
  return small;
}

function dies(target: Target, bytes: Buffer, key: string): boolean {
  try {
    judge(target, bytes, Infinity);
    return false;
  } catch (error) {
    return keyOf(error) === key;
  }
}
