import type { Frame } from '../../media/frame.ts';
import { ticks, TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';

/** When the last of these frames is over. A frame of sound has a length; a picture is taken to be as long as the one before it. */
export function endOfFrames(frames: readonly Frame[]): Ticks {
  let end = 0;
  let picture: number | undefined;
  for (const frame of frames) {
    if (frame.kind === 'audio') {
      const { samplesPerFrame, coreRate } = frame.track;
      end = Math.max(end, frame.dts + ((frame.samples ?? samplesPerFrame) * TICKS_PER_SECOND) / coreRate);
    } else if (frame.kind === 'video') {
      end = Math.max(end, frame.dts + (picture === undefined ? 0 : frame.dts - picture));
      picture = frame.dts;
    }
  }
  return ticks(end);
}
