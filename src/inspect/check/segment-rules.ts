import { TICKS_PER_SECOND } from '../../media/time.ts';
import { FragmentedLook } from '../fmp4-look.ts';
import type { SegmentMedia } from '../segment-media.ts';
import type { TrackInSegment } from '../track-in-segment.ts';
import { TransportLook } from '../ts-look.ts';
import type { CheckedSegment } from './checked-playlist.ts';
import { fragmentBreaches } from './fragment-rules.ts';
import type { PacketScan } from './packet-scan.ts';
import type { Breach, RuleCode } from './rules.ts';

/** ISO/IEC 13818-1 §2.7.2. */
const MAX_PCR_SECONDS = 0.1;
/** Further apart at the start of a segment, players wait, leave a hole or shift the sound. */
const MAX_APART_TICKS = 0.5 * TICKS_PER_SECOND;
/** A step this wide between two frames is another time line, not a pause. */
export const NEW_TIME_LINE_TICKS = 10 * TICKS_PER_SECOND;

/** A segment that was fetched and taken apart. */
export interface SegmentFacts {
  readonly segment: CheckedSegment;
  readonly bytes: number;
  /** Only of MPEG-TS. */
  readonly scan?: PacketScan | undefined;
  readonly look: SegmentMedia;
  /** The playlist promises that each segment can be decoded by itself. */
  readonly independent: boolean;
}

/** What one segment breaks by itself, whatever its container is. */
export function segmentBreaches(facts: SegmentFacts): Breach[] {
  const { look, segment } = facts;
  const { sequence } = segment;
  const tracks = [...look.tracks.values()];
  const found: (Omit<Breach, 'segment'> | undefined)[] = [
    ...(look instanceof TransportLook ? transportBreaches(facts.scan, look) : []),
    keyFrameStart(facts),
    ...tracks.map(stepsBack),
    ...tracks.map(jumpInside),
    ...tracks.map(changeInside),
    apart(look.firstTrack('video'), look.firstTrack('audio')),
  ];
  return [
    ...found.filter((one) => one !== undefined).map((one) => ({ ...one, segment: sequence })),
    ...(look instanceof FragmentedLook ? fragmentBreaches(look, sequence) : []),
  ];
}

function transportBreaches(
  scan: PacketScan | undefined,
  look: TransportLook,
): (Omit<Breach, 'segment'> | undefined)[] {
  return [...(scan ? [framing(scan), tables(scan)] : []), continuity(look), clock(look)];
}

const breach = (code: RuleCode, message: string): Omit<Breach, 'segment'> => ({ code, message });

function framing({ framing: problem }: PacketScan): ReturnType<typeof breach> | undefined {
  return problem === undefined
    ? undefined
    : breach('not-ts-packets', `the segment is no clean MPEG-TS: ${problem}`);
}

/** Both MUST be there, and SHOULD come first. */
function tables({ hasPat, hasPmt, mediaBeforeTables }: PacketScan): Omit<Breach, 'segment'> | undefined {
  if (!hasPat || !hasPmt) {
    const lacks = !hasPat && !hasPmt ? 'neither a PAT nor a PMT' : hasPat ? 'no PMT' : 'no PAT';
    return breach('no-pat-pmt', `the segment has ${lacks}`);
  }
  if (!mediaBeforeTables) return undefined;
  return { ...breach('no-pat-pmt', 'media comes before the PAT and the PMT'), level: 'should' };
}

function keyFrameStart({ look, independent }: SegmentFacts): Omit<Breach, 'segment'> | undefined {
  const { start } = look;
  if (!start || (start.isKey && start.isConfigured)) return undefined;
  const lacks = start.isKey ? 'has no parameter sets' : 'is not an IDR picture';
  const message = `the first access unit ${lacks}`;
  if (!independent) return { code: 'no-key-frame-start', message };
  return {
    code: 'no-key-frame-start',
    message: `${message}, though EXT-X-INDEPENDENT-SEGMENTS promises it`,
    level: 'must',
    clause: 'RFC 8216 §4.3.5.1',
  };
}

function continuity(look: TransportLook): ReturnType<typeof breach> | undefined {
  const { continuityErrors } = look.facts();
  if (continuityErrors === 0) return undefined;
  const times = continuityErrors === 1 ? 'once' : `${continuityErrors} times`;
  return breach('ts-continuity', `continuity counters jump ${times}, counted from the segment before`);
}

function clock(look: TransportLook): ReturnType<typeof breach> | undefined {
  const { pcrCount, longestPcrIntervalSeconds: longest } = look.facts();
  if (look.tracks.size === 0) return undefined;
  if (pcrCount === 0) return breach('pcr-interval', 'there is no PCR in the segment');
  if (longest === undefined || longest <= MAX_PCR_SECONDS) return undefined;
  return breach('pcr-interval', `${longest.toFixed(3)} s lie between two PCRs; 0.1 s are allowed`);
}

function stepsBack(track: TrackInSegment): ReturnType<typeof breach> | undefined {
  if (track.stepsBack === 0) return undefined;
  const times = track.stepsBack === 1 ? 'once' : `${track.stepsBack} times`;
  return breach('timestamps-back', `DTS of the ${track.kind} goes back ${times} inside the segment`);
}

function jumpInside(track: TrackInSegment): ReturnType<typeof breach> | undefined {
  if (track.widestStep <= NEW_TIME_LINE_TICKS) return undefined;
  const seconds = (track.widestStep / TICKS_PER_SECOND).toFixed(1);
  return breach('discontinuity-missing', `the ${track.kind} jumps by ${seconds} s inside the segment`);
}

function changeInside(track: TrackInSegment): ReturnType<typeof breach> | undefined {
  if (track.shapes.length < 2) return undefined;
  const message = `the codec configuration of the ${track.kind} changes inside the segment`;
  return breach('discontinuity-missing', message);
}

function apart(video?: TrackInSegment, audio?: TrackInSegment): ReturnType<typeof breach> | undefined {
  if (!video || !audio) return undefined;
  const ticks = audio.minPts - video.minPts;
  if (Math.abs(ticks) <= MAX_APART_TICKS) return undefined;
  const seconds = (Math.abs(ticks) / TICKS_PER_SECOND).toFixed(3);
  return breach('audio-video-apart', `the ${ticks > 0 ? 'audio' : 'video'} begins ${seconds} s later`);
}
