import type { Findings } from './findings.ts';
import type { MediaReport, TrackReport } from './report-media.ts';

/** Zapping and joining wait for a key frame; encoders are told to make one every 1 or 2 s. */
const LONG_GOP_SECONDS = 10;
/** Further apart than this, players wait, leave a hole or shift the sound. */
const START_DIFFERENCE_SECONDS = 0.5;

/** What is odd about the tracks, whatever container they came in. `where` names a playlist, where there are several. */
export function findInMedia(media: MediaReport, findings: Findings, where?: string): void {
  const withFrames = media.tracks.filter((track) => track.frames > 0);
  if (withFrames.length === 0) findings.add('no-media', 'there is not one audio or video frame in it', where);
  for (const track of media.tracks) findInTrack(track, findings, where ? `${where} ${track.id}` : track.id);
  findInGops(media, findings, where);
  const difference = media.audioStartsLaterSeconds;
  if (difference !== undefined && Math.abs(difference) > START_DIFFERENCE_SECONDS) {
    const later = difference > 0 ? 'audio' : 'video';
    findings.add(
      'audio-video-start',
      `the ${later} begins ${Math.abs(difference).toFixed(3)} s later`,
      where,
    );
  }
}

function findInGops({ gops }: MediaReport, findings: Findings, where?: string): void {
  if (!gops) return;
  if (gops.count === 0) findings.add('no-key-frame', 'no frame of the video is a key frame', where);
  else if (!gops.startsWithKeyFrame) {
    findings.add('starts-without-key-frame', 'the first video frame is not a key frame', where);
  }
  if (gops.longestSeconds !== undefined && gops.longestSeconds > LONG_GOP_SECONDS) {
    findings.add('long-gop', `${gops.longestSeconds.toFixed(1)} s pass between two key frames`, where);
  }
}

function findInTrack(track: TrackReport, findings: Findings, where: string): void {
  if (track.frames === 0) {
    findings.add('track-without-frames', `${track.codec} is announced, but not one frame came`, where);
  }
  if (track.configChanges > 0) {
    findings.add('config-changed', `the codec configuration changes ${times(track.configChanges)}`, where);
  }
  const back = track.jumpsBack[0];
  if (back) {
    const more = track.jumpsBack.length > 1 ? ` (${track.jumpsBack.length} such jumps)` : '';
    findings.add(
      'dts-back',
      `DTS goes back by ${(-back.seconds).toFixed(3)} s after ${at(back.atSeconds)}${more}`,
      where,
    );
  }
  const widest = track.gaps.reduce<TrackReport['gaps'][number] | undefined>(
    (most, gap) => (most && most.seconds >= gap.seconds ? most : gap),
    undefined,
  );
  if (widest) {
    const more = track.gaps.length > 1 ? `, the longest of ${track.gaps.length} gaps` : '';
    findings.add(
      'gap',
      `${widest.seconds.toFixed(3)} s are missing after ${at(widest.atSeconds)}${more}`,
      where,
    );
  }
  if (track.repeatedDts > 0) {
    findings.add(
      'dts-repeated',
      `${track.repeatedDts} of ${track.frames} frames have the DTS of the one before`,
      where,
    );
  }
  if (track.ptsBeforeDts > 0) {
    findings.add(
      'pts-before-dts',
      `${track.ptsBeforeDts} of ${track.frames} frames have a PTS before their DTS`,
      where,
    );
  }
}

function at(seconds: number): string {
  return `${seconds.toFixed(3)} s`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
