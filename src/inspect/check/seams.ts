import { TICKS_PER_SECOND } from '../../media/time.ts';
import { FragmentedLook } from '../fmp4-look.ts';
import type { SegmentMedia } from '../segment-media.ts';
import type { TrackInSegment } from '../track-in-segment.ts';
import type { CheckedSegment } from './checked-playlist.ts';
import { fragmentSeamBreaches } from './fragment-rules.ts';
import type { Breach } from './rules.ts';
import { NEW_TIME_LINE_TICKS, type SegmentFacts } from './segment-rules.ts';

/** A hole between two segments that EXTINF knows nothing of, and that is longer than this, is another time line. */
const JUMP_TICKS = TICKS_PER_SECOND;
/** EXTINF may differ from the media by this much, or by a frame if that is more. */
const EXTINF_SLACK_SECONDS = 0.05;
/** Program date and time may differ from the sum of EXTINF by this much. */
const DATE_SLACK_SECONDS = 1;

/** What may not happen from one segment to the next if no discontinuity stands between them: RFC 8216 §3, §4.3.2.3. */
export function seamBreaches(before: SegmentFacts, after: SegmentFacts): Breach[] {
  const segment = after.segment.sequence;
  const reasons = [trackChange(before, after), ...shapeChanges(before, after), jump(before, after)].filter(
    Boolean,
  );
  const breaches: Breach[] = [];
  if (reasons.length > 0) {
    const message = `${reasons.join('; ')}, without EXT-X-DISCONTINUITY in front of the segment`;
    breaches.push({ code: 'discontinuity-missing', message, segment });
  }
  for (const [last, first] of sharedTracks(before, after)) {
    const back = (last.lastPacketDts ?? last.lastDts) - first.firstDts;
    if (back <= 0) continue;
    const message = `the ${first.kind} begins ${(back / TICKS_PER_SECOND).toFixed(3)} s before the segment before it has ended`;
    breaches.push({ code: 'timestamps-back', message, segment });
  }
  const { look } = after;
  if (reasons.length === 0 && before.look instanceof FragmentedLook && look instanceof FragmentedLook)
    breaches.push(...fragmentSeamBreaches(before.look, look, segment));
  return breaches;
}

function sharedTracks(before: SegmentFacts, after: SegmentFacts): [TrackInSegment, TrackInSegment][] {
  return [...after.look.tracks.values()].flatMap((track): [TrackInSegment, TrackInSegment][] => {
    const last = before.look.tracks.get(track.pid);
    return last && last.kind === track.kind && last.frames > 0 && track.frames > 0 ? [[last, track]] : [];
  });
}

/** Number, type and identifiers of the tracks, as the PMT or the initialization section has them. */
function trackChange({ look: before }: SegmentFacts, { look: after }: SegmentFacts): string | undefined {
  const list = ({ declared }: SegmentMedia): string =>
    [...declared.values()].map(({ what }) => what).join(', ');
  const [was, is] = [list(before), list(after)];
  if (was === is || was === '' || is === '') return undefined;
  return `the ${before.declaredBy} had ${was}, and the ${after.declaredBy} now has ${is}`;
}

function shapeChanges(before: SegmentFacts, after: SegmentFacts): string[] {
  return sharedTracks(before, after).flatMap(([last, first]) => {
    const [was, is] = [last.shapes.at(-1), first.shapes[0]];
    if (!was || !is || JSON.stringify(was) === JSON.stringify(is)) return [];
    return [`the ${first.kind} was ${shapeText(was)} and is now ${shapeText(is)}`];
  });
}

function shapeText(shape: TrackInSegment['shapes'][number]): string {
  const { codecString, codec, width, height, sampleRate, channels } = shape;
  const size = width === undefined ? '' : ` ${width}x${height ?? '?'}`;
  const sound = sampleRate === undefined ? '' : ` ${sampleRate} Hz, ${channels ?? '?'} ch`;
  return `${codecString ?? codec ?? 'unknown'}${size}${sound}`;
}

/** Where the reference track (video, if there is any) goes on elsewhere than EXTINF says. */
function jump(before: SegmentFacts, after: SegmentFacts): string | undefined {
  const shared = sharedTracks(before, after);
  const reference = shared.find(([track]) => track.kind === 'video') ?? shared[0];
  for (const pair of shared) {
    const [last, first] = pair;
    const gap = first.firstDts - last.lastDts - (last.frameTicks ?? 0);
    const unknownToExtinf = Math.abs(first.firstDts - last.firstDts - ticksOf(before.segment)) > JUMP_TICKS;
    const jumps =
      pair === reference
        ? Math.abs(gap) > JUMP_TICKS && unknownToExtinf
        : Math.abs(gap) > NEW_TIME_LINE_TICKS;
    if (jumps) return `the ${first.kind} jumps by ${(gap / TICKS_PER_SECOND).toFixed(3)} s`;
  }
  return undefined;
}

const ticksOf = (segment: CheckedSegment): number => segment.extinfSeconds * TICKS_PER_SECOND;

/**
 * EXTINF beside the media's own length: up to the first frame of the next segment where that goes on, else to the end of
 * its own last frame. Several ways of measuring are fair (DTS or PTS; where a segment ends, either track); the
 * nearest counts.
 */
export function extinfBreaches(facts: SegmentFacts, next: SegmentFacts | undefined): Breach[] {
  const { segment, look } = facts;
  if (
    [...look.tracks.values()].some((track) => track.stepsBack > 0 || track.widestStep > NEW_TIME_LINE_TICKS)
  ) {
    return []; // the times themselves are wrong, and that is told
  }
  const reference = look.firstTrack('video') ?? look.firstTrack('audio');
  if (!reference) return [];
  const goesOn = next && jump(facts, next) === undefined ? next.look.tracks.get(reference.pid) : undefined;
  const frame = reference.frameTicks ?? 0;
  const lengths =
    goesOn && goesOn.frames > 0
      ? [goesOn.firstDts - reference.firstDts, goesOn.minPts - reference.minPts]
      : ownLengths(facts, frame);
  const slack = Math.max(EXTINF_SLACK_SECONDS, ((goesOn ? 1 : 2) * frame) / TICKS_PER_SECOND);
  const off = lengths.map((ticks) => segment.extinfSeconds - ticks / TICKS_PER_SECOND);
  const nearest = off.reduce((best, one) => (Math.abs(one) < Math.abs(best) ? one : best), Infinity);
  if (off.length === 0 || Math.abs(nearest) <= slack) return [];
  const message =
    `EXTINF says ${segment.extinfSeconds} s, the media lasts ${(segment.extinfSeconds - nearest).toFixed(3)} s` +
    (goesOn ? ' until the next segment begins' : '');
  return [{ code: 'extinf-off', message, segment: segment.sequence }];
}

function ownLengths({ look }: SegmentFacts, frame: number): number[] {
  const tracks = [...look.tracks.values()].filter(
    (track) => track.frames > 0 && track.frameTicks !== undefined,
  );
  if (frame === 0 || tracks.length === 0) return [];
  const ends = tracks.map((track) => track.lastDts + (track.frameTicks ?? 0));
  return [
    ...tracks.map((track) => track.lastDts + (track.frameTicks ?? 0) - track.firstDts),
    ...tracks.map((track) => track.maxPts + (track.frameTicks ?? 0) - track.minPts),
    Math.max(...ends) - Math.min(...tracks.map((track) => track.firstDts)),
  ];
}

/**
 * Dates beside the sum of EXTINF since the first dated segment of the same time line that is listed: RFC 8216 §4.3.2.6.
 * `from`: the first sequence number that has not been looked at yet.
 */
export function dateBreaches(segments: readonly CheckedSegment[], from: number): Breach[] {
  const breaches: Breach[] = [];
  let anchor: number | undefined;
  let last: number | undefined;
  let sum = 0;
  for (const segment of segments) {
    if (segment.discontinuity) anchor = undefined;
    const { dateTime, sequence } = segment;
    if (dateTime !== undefined) {
      if (anchor === undefined) [anchor, sum] = [dateTime, 0];
      const off = (dateTime - anchor) / 1000 - sum;
      const message =
        last !== undefined && dateTime < last
          ? `EXT-X-PROGRAM-DATE-TIME goes back by ${((last - dateTime) / 1000).toFixed(3)} s`
          : `EXT-X-PROGRAM-DATE-TIME is ${Math.abs(off).toFixed(3)} s ${off > 0 ? 'ahead of' : 'behind'} the sum of EXTINF`;
      const isOff = (last !== undefined && dateTime < last) || Math.abs(off) > DATE_SLACK_SECONDS;
      if (isOff && sequence >= from) breaches.push({ code: 'program-date-time', message, segment: sequence });
      if (isOff) [anchor, sum] = [dateTime, 0]; // told once for each step
      last = dateTime;
    }
    sum += segment.extinfSeconds;
  }
  return breaches;
}
