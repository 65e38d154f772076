import type { FragmentedLook, FragmentedTrack } from '../fmp4-look.ts';
import type { Breach } from './rules.ts';

/** Holes and overlaps of this length are neither heard nor seen, and browsers play over them, s. */
const APART_SECONDS = 0.005;
/** A hole this long is another time line, and told as such, s. */
const NEW_TIME_LINE_SECONDS = 1;

/** What one segment of fragmented MP4 breaks by itself: RFC 8216 §3.3, ISO/IEC 14496-12 §8.8. */
export function fragmentBreaches(look: FragmentedLook, segment: number): Breach[] {
  const breaches: Breach[] = look.faults.map(({ what }) => ({
    code: 'bad-fragment',
    message: what,
    segment,
  }));
  const backwards = look.sequenceNumbers.find(
    (number, index) => index > 0 && number <= look.sequenceNumbers[index - 1]!,
  );
  if (backwards !== undefined) {
    const message = `sequence_number does not go up: ${look.sequenceNumbers.slice(0, 20).join(', ')}`;
    breaches.push({ code: 'fragment-sequence', message, segment });
  }
  for (const [trackId, track] of look.fragmented) {
    if (track.falseSync > 0) {
      const message = `${times(track.falseSync)} a sample of track ${trackId} is marked as a sync sample, and is no key frame by its bits`;
      breaches.push({ code: 'false-sync-sample', message, segment });
    }
    const worst = track.apart.reduce((most, one) => (Math.abs(one) > Math.abs(most) ? one : most), 0);
    breaches.push(
      ...apartBreaches(worst, { track, trackId, segment, where: 'inside the segment a fragment begins' }),
    );
  }
  return breaches;
}

/** What may not be from one segment to the next, where nothing says that the time line is another one. */
export function fragmentSeamBreaches(
  before: FragmentedLook,
  after: FragmentedLook,
  segment: number,
): Breach[] {
  const breaches: Breach[] = [];
  const [last, first] = [before.sequenceNumbers.at(-1), after.sequenceNumbers[0]];
  if (last !== undefined && first !== undefined && first <= last) {
    const message = `sequence_number was ${last} in the segment before and is now ${first}`;
    breaches.push({ code: 'fragment-sequence', message, segment });
  }
  for (const [trackId, track] of after.fragmented) {
    const was = before.fragmented.get(trackId);
    if (!was || was.timescale !== track.timescale) continue;
    const where = 'the segment begins';
    breaches.push(...apartBreaches(track.begin - was.end, { track, trackId, segment, where }));
  }
  return breaches;
}

interface Place {
  readonly track: FragmentedTrack;
  readonly trackId: number;
  readonly segment: number;
  readonly where: string;
}

/** tfdt beside the sum of the durations before it. An overlap breaks the order of decoding; a hole is only a loss. */
function apartBreaches(units: number, { track, trackId, segment, where }: Place): Breach[] {
  const seconds = units / track.timescale;
  if (Math.abs(seconds) <= APART_SECONDS || seconds > NEW_TIME_LINE_SECONDS) return [];
  const how = seconds > 0 ? 'later than the one before it ends' : 'before the one before it ends';
  const message = `${where} in track ${trackId} ${Math.abs(seconds).toFixed(3)} s ${how}, by its tfdt`;
  return [{ code: 'decode-time-apart', message, segment, ...(seconds > 0 && { level: 'should' as const }) }];
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
