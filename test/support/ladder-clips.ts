import { readClip, type CodedClip } from './coded-clips.ts';
import { keptClip } from './kept-clips.ts';

/** One picture of a ladder, H.264 at 25 fps. */
export interface RungClip {
  readonly height: 90 | 180 | 360;
  readonly seconds: number;
  /** Frames from key frame to key frame. */
  readonly gop?: number;
  readonly kbps?: number;
}

/** The same moving picture in another size. */
export async function rungClip({ height, seconds, gop = 25, kbps = height }: RungClip): Promise<CodedClip> {
  const source = `-f lavfi -i testsrc2=s=${(height * 16) / 9}x${height}:r=25 -t ${seconds}`;
  const rate = `-b:v ${kbps}k -maxrate ${kbps}k -bufsize ${kbps}k`;
  const encoder = `-c:v libx264 -preset ultrafast -bf 0 -g ${gop} -keyint_min ${gop} -sc_threshold 0 ${rate}`;
  const args = `${source} ${encoder} -pix_fmt yuv420p -threads 2`;
  const file = keptClip(`rung-${height}.mp4`, args.split(' '));
  return readClip(`rung-${height}`, { kind: 'video', codec: 'avc' }, file);
}
