import type { StreamName } from '../media/stream-name.ts';
import { streamPattern } from '../media/stream-pattern.ts';

/*
 * What a token allows stands in claims of its own: `"publish": ["live/*"]`, `"play": ["live/cam", "public/*"]`; one pattern may
 * stand without a list. MediaMTX's `mediamtx_permissions` is understood too, but for its regular expressions, which could keep
 * a server busy for ever.
 */

export interface Claims {
  readonly [name: string]: unknown;
}

/** Patterns that are looked at in one token. */
const MAX_PATTERNS = 1_000;

/** True if the token's claims allow this. What is not understood allows nothing. */
export function allows(claims: Claims, action: 'publish' | 'play', name: StreamName): boolean {
  return [...patternsOf(claims[action]), ...mediamtxPatterns(claims['mediamtx_permissions'], action)]
    .slice(0, MAX_PATTERNS)
    .some((text) => {
      const pattern = streamPattern(text);
      return !('refused' in pattern) && pattern.matches(name);
    });
}

function patternsOf(claim: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return list.filter((one) => typeof one === 'string');
}

/** `[{ "action": "publish" | "read" | …, "path": "live/cam" }]`; an empty path, or none, is every stream. */
function mediamtxPatterns(claim: unknown, action: 'publish' | 'play'): string[] {
  const wanted = action === 'publish' ? 'publish' : 'read';
  if (!Array.isArray(claim)) return [];
  return claim.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null) return [];
    const { action: allowed, path = '' } = one as { readonly action?: unknown; readonly path?: unknown };
    if (allowed !== wanted || typeof path !== 'string') return [];
    return [path === '' ? '*' : path];
  });
}
