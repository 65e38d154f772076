import { readLowLatency, type CheckedLowLatency } from './checked-parts.ts';
import type { PlaylistLine } from './lines.ts';
import type { Breach } from './rules.ts';

/** RFC 8216bis §4.4.3.8. */
const MIN_PART_HOLD_BACK = 2;
const GOOD_PART_HOLD_BACK = 3;
const MIN_HOLD_BACK = 3;
const MIN_SKIP_UNTIL = 6;
/** Decimals that were rounded. */
const ROUNDING = 0.0005;

type Tag = Extract<PlaylistLine, { kind: 'tag' }>;

/** What the text of a playlist of Low-Latency HLS breaks: RFC 8216bis §4.4.3.7, §4.4.3.8, and where its tags stand. */
export function lowLatencyBreaches(lines: readonly PlaylistLine[], target: number | undefined): Breach[] {
  const has = (name: string): boolean => lines.some((line) => line.kind === 'tag' && line.name === name);
  const facts = readLowLatency(lines, { url: NOWHERE, parts: [] });
  const hasParts = has('EXT-X-PART');
  if (!facts && !hasParts) return [];
  return [
    ...(hasParts && facts?.hasPartInf !== true
      ? [{ code: 'no-part-inf', message: 'there are EXT-X-PART, and no EXT-X-PART-INF' } as const]
      : []),
    ...(facts ? partTargetBreaches(facts, target) : []),
    ...(facts ? holdBackBreaches(facts, target) : []),
    ...misplaced(lines),
  ];
}

/** Addresses are of no interest here. */
const NOWHERE = new URL('http://localhost/');

function partTargetBreaches(
  { partTarget, hasPartInf }: CheckedLowLatency,
  target: number | undefined,
): Breach[] {
  if (!hasPartInf || partTarget === undefined) return [];
  if (partTarget > 0 && (target === undefined || partTarget <= target)) return [];
  const message = `PART-TARGET is ${partTarget} s, with a target duration of ${target ?? '?'} s`;
  return [{ code: 'no-part-inf', message }];
}

function holdBackBreaches(facts: CheckedLowLatency, target: number | undefined): Breach[] {
  const { partTarget, partHoldBack, holdBack, canSkipUntil, hasPartInf } = facts;
  const breaches: Breach[] = [];
  if (hasPartInf && partHoldBack === undefined)
    breaches.push({
      code: 'hold-back',
      message: 'there are parts, and EXT-X-SERVER-CONTROL has no PART-HOLD-BACK',
    });
  if (partTarget !== undefined && partHoldBack !== undefined) {
    const times = `PART-HOLD-BACK is ${partHoldBack} s, ${(partHoldBack / partTarget).toFixed(2)} times PART-TARGET (${partTarget} s)`;
    if (partHoldBack < MIN_PART_HOLD_BACK * partTarget - ROUNDING)
      breaches.push({ code: 'hold-back', message: `${times}; it must be twice at least` });
    else if (partHoldBack < GOOD_PART_HOLD_BACK * partTarget - 3 * ROUNDING)
      breaches.push({ code: 'hold-back', level: 'should', message: `${times}; it should be three times` });
  }
  if (target === undefined) return breaches;
  if (holdBack !== undefined && holdBack < MIN_HOLD_BACK * target - ROUNDING)
    breaches.push({
      code: 'hold-back',
      message: `HOLD-BACK is ${holdBack} s, less than three target durations of ${target} s`,
    });
  if (canSkipUntil !== undefined && canSkipUntil < MIN_SKIP_UNTIL * target - ROUNDING)
    breaches.push({
      code: 'skip-until',
      message: `CAN-SKIP-UNTIL is ${canSkipUntil} s, less than six target durations of ${target} s`,
    });
  return breaches;
}

/** Parts stand in front of the EXTINF of their segment; the hint and the reports behind all segments; EXT-X-SKIP in front of them. */
function misplaced(lines: readonly PlaylistLine[]): Breach[] {
  const breaches: Breach[] = [];
  const tell = ({ name, at }: Tag, where: string, clause: string): void => {
    breaches.push({
      code: 'misplaced-tag',
      message: `${name} in line ${at} must stand ${where}`,
      clause: `RFC 8216bis ${clause}`,
    });
  };
  const lastUri = lines.findLast((line) => line.kind === 'uri')?.at ?? 0;
  const firstSegment = lines.find((line) => line.kind === 'uri' || line.name === 'EXTINF')?.at ?? Infinity;
  let isInSegment = false;
  for (const line of lines) {
    if (line.kind === 'uri') isInSegment = false;
    else if (line.name === 'EXTINF') isInSegment = true;
    else if (line.name === 'EXT-X-PART' && isInSegment)
      tell(line, 'in front of the EXTINF of its segment', '§4.4.4.9');
    else if (line.name === 'EXT-X-PRELOAD-HINT' && line.at < lastUri)
      tell(line, 'behind the last segment', '§4.4.5.3');
    else if (line.name === 'EXT-X-SKIP' && line.at > firstSegment)
      tell(line, 'in front of the first segment', '§4.4.5.2');
  }
  return breaches;
}
