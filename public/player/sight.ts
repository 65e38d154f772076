import type { Stream } from '../api/types.ts';
import { bufferEnd } from './picture.ts';
import type { Sight } from './watchdog.ts';

/** What the watchdog is shown. */
export function sightOf(video: HTMLVideoElement, facts: Stream | undefined): Sight {
  return {
    now: performance.now(),
    decoded: video.getVideoPlaybackQuality().totalVideoFrames,
    currentTime: video.currentTime,
    bufferEnd: bufferEnd(video) ?? 0,
    paused: video.paused,
    hidden: document.hidden,
    pictures: !(facts && facts.video === null && facts.audio !== null),
  };
}
