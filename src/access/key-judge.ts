import type { StreamName } from '../media/stream-name.ts';
import { kindOfKey } from '../media/key-shape.ts';
import type { Visit } from '../servers/gate.ts';
import { isInForce } from './key-record.ts';
import type { FoundKey } from './key-ring.ts';

/** What the rules need of the keys. */
export interface Keys {
  /** The key with this secret, in force or not. */
  find(secret: string): FoundKey | undefined;
  /** Somebody is let in with it. @param now ms since 1970 */
  used(id: string, now: number): void;
}

export interface KeyCase {
  readonly visit: Visit;
  readonly secret: string;
  /** It stands where the stream's name would. */
  readonly isName: boolean;
  readonly keys: Keys;
  /** ms since 1970. */
  readonly now: number;
}

export type KeyVerdict =
  /** `name`: where it leads. */
  | { readonly kind: 'good'; readonly key: FoundKey; readonly name: StreamName }
  /** Somebody has a key, but may not do this with it. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** There is no such key: somebody may be trying. */
  | { readonly kind: 'wrong'; readonly reason: string };

/** What a key is good for here and now. */
export function judgeKey({ visit, secret, isName, keys, now }: KeyCase): KeyVerdict {
  const { action, address } = visit;
  // By its looks alone, so that nobody learns by playing it whether a publish key exists.
  const looks = kindOfKey(secret);
  if (looks !== undefined && looks !== action) {
    return refused(
      action === 'play'
        ? 'this looks like a publish key: it cannot be watched with; use the name of the stream'
        : 'this looks like a key for watching: publishing needs a publish key (pk_…)',
    );
  }
  const key = keys.find(secret);
  if (key?.record.action !== action)
    return { kind: 'wrong', reason: 'this stream key is not known: check it for typing errors' };
  const { record } = key;
  if (record.revokedAt !== undefined) return refused('this stream key was revoked: ask for a new one');
  if (!isInForce(record, now))
    return refused(`this stream key expired at ${record.expiresAt ?? ''}: ask for a new one`);
  if (!key.networks.isEmpty && !key.networks.has(address))
    return refused(`this stream key may not be used from ${address}`);
  return led(visit, key, isName);
}

/**
 * A key of one stream leads there, whatever name an encoder puts before it. A viewer's link has to name the right stream, or the
 * key itself: who asks for one stream must not be shown another.
 */
function led({ action, name }: Visit, key: FoundKey, isName: boolean): KeyVerdict {
  const { only, text } = key.pattern;
  if (only && (isName || action === 'publish' || only.path === name.path))
    return { kind: 'good', key, name: only };
  if (isName)
    return refused(`this stream key is for ${text}: give the stream's name, and the key behind it as ?key=…`);
  if (key.pattern.matches(name)) return { kind: 'good', key, name };
  return refused(`this stream key is for ${text}, not for ${name.path}`);
}

const refused = (reason: string): KeyVerdict => ({ kind: 'refused', reason });
