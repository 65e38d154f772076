/**
 * Makes the clips that most tests play, before the first of them: encoders take both cores, and a test that waits for one
 * keeps the gateway in its process waiting, too. What is not made here is made when it is asked for.
 */
import { numberedClip } from './clip.ts';
import { CLIP_NAMES, clipFile } from './coded-clips.ts';
import { rungClip } from './ladder-clips.ts';

for (const name of CLIP_NAMES) clipFile(name);
for (const height of [90, 180, 360] as const) await rungClip({ height, seconds: 3 });
for (const seconds of [10, 20, 60, undefined]) numberedClip(seconds);
