import type { CatalogEntry } from './catalog.ts';

export interface RetentionRule {
  /** 0: any age. */
  readonly keepDays: number;
  /** All together; 0: any size. */
  readonly keepBytes: number;
}

const DAY_MS = 86_400_000;

/** What has to go, oldest first. Of files being written (`active`: their bytes by now) none goes, but they count. */
export function outlived(
  entries: Iterable<CatalogEntry>,
  rule: RetentionRule,
  { now, active }: { readonly now: number; readonly active: ReadonlyMap<string, { readonly bytes: number }> },
): CatalogEntry[] {
  const oldestFirst = [...entries].sort((a, b) => a.startedAt - b.startedAt);
  let bytes = oldestFirst.reduce((sum, entry) => sum + (active.get(entry.id)?.bytes ?? entry.bytes ?? 0), 0);
  const gone: CatalogEntry[] = [];
  for (const entry of oldestFirst) {
    if (active.has(entry.id)) continue;
    const endedAt = entry.startedAt + (entry.seconds ?? 0) * 1000;
    const isOld = rule.keepDays > 0 && now - endedAt > rule.keepDays * DAY_MS;
    const isTooMuch = rule.keepBytes > 0 && bytes > rule.keepBytes;
    if (!isOld && !isTooMuch) continue;
    gone.push(entry);
    bytes -= entry.bytes ?? 0;
  }
  return gone;
}
