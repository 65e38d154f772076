import { pictureTrack, silenceTrack } from '../pictures.ts';
import type { LowAnimal } from './low-animal.ts';

const SMALL = pictureTrack(160, 96);
const MONO = silenceTrack(44_100, 1);

const healthy = (name: string, what: string, change: Partial<LowAnimal> = {}): LowAnimal => ({
  name,
  what,
  expects: [],
  ...change,
});

/** Looks wrong, and is right: nothing may be found here. */
export const LOW_HEALTHY: readonly LowAnimal[] = [
  healthy('fragments', 'fragmented MP4 without parts', { low: false }),
  healthy('low-latency', 'parts, blocking reload, hints, delta updates'),
  healthy('low-latency-b-frames', 'pictures are shown in another order than decoded', {
    take: () => ({ bFrames: true }),
  }),
  healthy('low-latency-audio-only', 'no picture: parts as long as whole AAC frames are', {
    take: () => ({ video: undefined }),
    text: (text) =>
      text
        .replace(/PART-TARGET=[\d.]+/, 'PART-TARGET=0.278')
        .replace('PART-HOLD-BACK=0.75', 'PART-HOLD-BACK=0.834'),
  }),
  healthy('low-latency-video-only', 'no sound', { take: () => ({ audio: undefined }) }),
  healthy('low-latency-uneven', 'segments of three to five parts, the last of them short', {
    take: (number) => ({
      parts: [
        [6, 6, 6, 6],
        [6, 6, 6, 2],
        [6, 6, 3],
        [6, 6, 6, 6, 1],
      ][number % 4]!,
    }),
  }),
  healthy(
    'low-latency-changes',
    'another picture and another sound, each with a new map and a discontinuity',
    {
      take: (number) => ({
        ...(number >= 10 && { video: SMALL }),
        ...(number >= 11 && { audio: MONO }),
        discontinuity: number === 10 || number === 11,
      }),
    },
  ),
  healthy('low-latency-ends', 'the show ends while it is watched', { ends: 11 }),
  healthy('low-latency-jump', 'times go on two hours later, behind a discontinuity', {
    take: (number) => (number === 10 ? { discontinuity: true, shift: 7200 * 90_000 } : {}),
  }),
  healthy('low-latency-gap', 'a segment and its parts are marked as a gap, and are not there', {
    text: (text) =>
      text
        .replaceAll(/#EXT-X-PART:.*URI="10\.\d\.m4s".*/g, '$&,GAP=YES')
        .replace('\n10.m4s', '\n#EXT-X-GAP\n10.m4s'),
    file: (name, bytes) => (name.startsWith('10.') ? undefined : bytes),
  }),
  healthy('low-latency-two', 'two variants that tell of each other', { other: {} }),
  healthy('fragments-two', 'two variants without parts', { low: false, other: {} }),
];
