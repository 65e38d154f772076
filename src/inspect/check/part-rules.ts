import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { FragmentedLook } from '../fmp4-look.ts';
import type { TrackInSegment } from '../track-in-segment.ts';
import type { CheckedPart } from './checked-parts.ts';
import type { Breach } from './rules.ts';

/** DURATION may differ from the media by this much, or by two frames if that is more. */
const DURATION_SLACK_SECONDS = 0.05;
const DURATION_SLACK_FRAMES = 2;

/** What one part breaks: RFC 8216bis §4.4.4.9. `what`: which one, in words. */
export function partBreaches(
  part: CheckedPart,
  look: FragmentedLook,
  { what, segment }: { readonly what: string; readonly segment: number },
): Breach[] {
  const faults = look.faults.map((fault): Breach => ({
    code: 'bad-fragment',
    message: `${what}: ${fault.what}`,
    segment,
  }));
  if (faults.length > 0) return faults;
  return [...independentBreaches(part, look, what), ...durationBreaches(part, look, what)].map((breach) => ({
    ...breach,
    segment,
  }));
}

/** Without a picture each frame can be decoded by itself. */
function independentBreaches({ independent }: CheckedPart, look: FragmentedLook, what: string): Breach[] {
  const video = look.firstTrack('video');
  if (!video || !look.start) return [];
  const starts = look.start.isKey;
  if (independent === starts) return [];
  const kinds = new Map(look.samples.map(({ trackId, sync }) => [`${trackId} ${sync}`, true]));
  const hasSync = kinds.has(`${video.pid} true`);
  if (independent && !hasSync)
    return [{ code: 'part-independent', message: `${what} has INDEPENDENT=YES, and no key frame is in it` }];
  const message = independent
    ? `${what} has INDEPENDENT=YES, and its key frame is not its first picture`
    : `${what} begins with a key frame, and has no INDEPENDENT=YES`;
  return [{ code: 'part-independent', level: 'should', message }];
}

function durationBreaches({ seconds }: CheckedPart, look: FragmentedLook, what: string): Breach[] {
  const tracks = [...look.tracks.values()].filter(({ frames }) => frames > 0);
  const lengths = tracks.map(lengthOf);
  if (lengths.length === 0) return [];
  const ends = tracks.map((track) => track.lastDts + (track.frameTicks ?? 0));
  lengths.push((Math.max(...ends) - Math.min(...tracks.map(({ firstDts }) => firstDts))) / TICKS_PER_SECOND);
  const frame = Math.max(...tracks.map((track) => (track.frameTicks ?? 0) / TICKS_PER_SECOND));
  const slack = Math.max(DURATION_SLACK_SECONDS, DURATION_SLACK_FRAMES * frame);
  const nearest = lengths.reduce((best, one) =>
    Math.abs(one - seconds) < Math.abs(best - seconds) ? one : best,
  );
  if (Math.abs(nearest - seconds) <= slack) return [];
  return [
    { code: 'part-off', message: `${what} has DURATION=${seconds}, its media last ${nearest.toFixed(3)} s` },
  ];
}

function lengthOf(track: TrackInSegment): number {
  return (track.lastDts + (track.frameTicks ?? 0) - track.firstDts) / TICKS_PER_SECOND;
}

/** A segment beside its parts put together, where the bytes are others: it is the media that counts. */
export function unlikeBreaches(
  whole: FragmentedLook | string | undefined,
  together: FragmentedLook | string | undefined,
  segment: number,
  [bytes, ofParts]: readonly [Buffer, Buffer],
): Breach[] {
  const tell = (why: string): Breach[] => [
    {
      code: 'parts-differ',
      message: `segment ${segment} is not what its parts are together: ${why}`,
      segment,
    },
  ];
  if (!whole || !together || typeof whole === 'string' || typeof together === 'string')
    return tell(`it has ${bytes.length} bytes, they have ${ofParts.length}`);
  for (const [trackId] of new Map([...whole.fragmented, ...together.fragmented])) {
    const [own, others] = [whole, together].map((look) =>
      look.samples.filter((one) => one.trackId === trackId),
    );
    if (own!.length !== others!.length)
      return tell(`it has ${own!.length} samples of track ${trackId}, they have ${others!.length}`);
    for (const [index, one] of own!.entries()) {
      const other = others![index]!;
      const isSame =
        one.decodeTime === other.decodeTime &&
        one.composition === other.composition &&
        bytes
          .subarray(one.offset, one.offset + one.bytes)
          .equals(ofParts.subarray(other.offset, other.offset + other.bytes));
      if (!isSame) return tell(`sample ${index} of track ${trackId} is another one`);
    }
  }
  return [];
}
