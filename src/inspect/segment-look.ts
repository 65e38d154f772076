import { InspectError } from './errors.ts';
import type { Findings } from './findings.ts';
import { FragmentedLook } from './fmp4-look.ts';
import { MAX_SEGMENT_BYTES } from './limits.ts';
import type { MapInForce } from './maps.ts';
import type { MediaLook } from './media-look.ts';
import { bitsPerSecond, seconds } from './numbers.ts';
import type { PlaylistSegment } from './playlist.ts';
import { readWhole } from './reading.ts';
import type { SegmentReport, SegmentTrack } from './report-playlist.ts';
import { tellSecondOpinion } from './second-opinion.ts';
import type { TrackInSegment } from './track-in-segment.ts';
import { TransportLook } from './ts-look.ts';
import type { TransportClock } from './ts-packets.ts';

export interface SegmentLookOptions {
  readonly media: MediaLook;
  readonly findings: Findings;
  readonly clock: TransportClock;
  readonly where: string;
  /** Its initialization section, if it has one. */
  readonly map?: MapInForce | undefined;
}

/** A segment's report, and the track by which its length is measured. */
export interface SegmentLooked {
  readonly report: SegmentReport;
  readonly reference?: TrackInSegment | undefined;
  /** Undefined if nothing could be read. */
  readonly look?: TransportLook | FragmentedLook | undefined;
}

/** Fetches one segment and takes it apart. What is wrong with it is in the report, not thrown. */
export async function lookAtSegment(
  segment: PlaylistSegment,
  signal: AbortSignal | undefined,
  options: SegmentLookOptions,
): Promise<SegmentLooked> {
  const { findings, where } = options;
  try {
    const { bytes } = await readWhole(segment.url, 'the segment', MAX_SEGMENT_BYTES, {
      signal,
      range: segment.range,
    });
    return takeSegmentApart(segment, bytes, options);
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    if (!signal?.aborted) findings.add('segment-unreachable', error.message, where);
    return { report: unreadSegment(segment, 0, error.message) };
  }
}

/** The same for a segment that has been fetched. */
export function takeSegmentApart(
  segment: PlaylistSegment,
  bytes: Buffer,
  options: SegmentLookOptions,
): SegmentLooked {
  const { findings, where } = options;
  if (segment.sealed !== undefined) {
    findings.add('segment-not-read', segment.sealed, where);
    return { report: unreadSegment(segment, bytes.length, segment.sealed) };
  }
  if (options.map) return takeFragmentsApart(segment, bytes, { ...options, map: options.map });
  if (bytes[0] !== 0x47) {
    const error = 'it does not begin with a transport packet';
    findings.add('segment-not-read', error, where);
    return { report: unreadSegment(segment, bytes.length, error) };
  }
  return takeApart(segment, bytes, options);
}

export function unreadSegment(segment: PlaylistSegment, bytes: number, error: string): SegmentReport {
  return { ...listed(segment, bytes), startsWithPat: false, startsWithPmt: false, error };
}

function listed(
  segment: PlaylistSegment,
  bytes: number,
): Omit<SegmentReport, 'startsWithPat' | 'startsWithPmt'> {
  return {
    sequence: segment.sequence,
    uri: segment.uri,
    extinfSeconds: segment.extinfSeconds,
    discontinuity: segment.discontinuity,
    programDateTime: segment.programDateTime,
    map: segment.map?.uri,
    parts: segment.partCount,
    bytes,
    bitsPerSecond: bytes === 0 ? undefined : bitsPerSecond(bytes, segment.extinfSeconds),
  };
}

function takeApart(segment: PlaylistSegment, bytes: Buffer, options: SegmentLookOptions): SegmentLooked {
  const { findings, where } = options;
  const look = new TransportLook(options);
  try {
    look.push(bytes);
    look.end(false);
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    findings.add('segment-not-read', error.message, where);
    return { report: unreadSegment(segment, bytes.length, error.message) };
  }
  const video = look.firstTrack('video');
  const audio = look.firstTrack('audio');
  const first = look.firstAccessUnit;
  if (!look.startsWithPat || !look.startsWithPmt) {
    findings.add('segment-without-pat-pmt', 'the first two packets are not the PAT and the PMT', where);
  }
  if (first && !(first.idr && first.sps && first.pps)) {
    const lacks = first.idr ? 'has no parameter sets' : 'is not an IDR picture';
    findings.add('segment-without-idr', `its first access unit ${lacks}`, where);
  }
  const report: SegmentReport = {
    ...listed(segment, bytes.length),
    startsWithPat: look.startsWithPat,
    startsWithPmt: look.startsWithPmt,
    startsWithIdr: first?.idr,
    startsWithParameterSets: first && first.sps && first.pps,
    video: video && rangeInSeconds(video),
    audio: audio && rangeInSeconds(audio),
  };
  return { report, reference: video ?? audio, look };
}

function takeFragmentsApart(
  segment: PlaylistSegment,
  bytes: Buffer,
  options: SegmentLookOptions & { readonly map: MapInForce },
): SegmentLooked {
  const { findings, where, map, media } = options;
  let look: FragmentedLook;
  try {
    look = new FragmentedLook(bytes, { init: map.init, codecs: map.codecs, media, findings, where });
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    findings.add('segment-not-read', error.message, where);
    return { report: unreadSegment(segment, bytes.length, error.message) };
  }
  for (const { what } of look.faults) findings.add('mp4-unreadable', what, where);
  const wrong = [...look.fragmented.values()].reduce((sum, { falseSync }) => sum + falseSync, 0);
  if (wrong > 0)
    findings.add(
      'mp4-sync-flag',
      `${wrong} samples are marked as sync samples and are none by their bits`,
      where,
    );
  if (look.start && !look.start.isKey)
    findings.add('segment-without-idr', 'its first picture is no place to start', where);
  tellSecondOpinion(look, { bytes, map }, (message) => findings.add('mp4-second-opinion', message, where));
  const video = look.firstTrack('video');
  const audio = look.firstTrack('audio');
  const report: SegmentReport = {
    ...listed(segment, bytes.length),
    startsWithPat: false,
    startsWithPmt: false,
    fragments: look.sequenceNumbers.length,
    startsWithIdr: look.start?.isKey,
    startsWithParameterSets: look.start?.isConfigured,
    video: video && rangeInSeconds(video),
    audio: audio && rangeInSeconds(audio),
  };
  return { report, reference: video ?? audio, look };
}

function rangeInSeconds(range: TrackInSegment): SegmentTrack {
  return {
    frames: range.frames,
    firstDtsSeconds: seconds(range.firstDts),
    lastDtsSeconds: seconds(range.lastDts),
    firstPtsSeconds: seconds(range.minPts),
    lastPtsSeconds: seconds(range.maxPts),
  };
}
