import { UNSPECIFIED } from '../../media/color.ts';
import type { VpConfig } from './config.ts';

/** What a key frame of VP9 or VP8 says by itself. */
export type VpKeyFrame = Omit<VpConfig, 'level'> & {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
};

/** What the beginning of a frame shows: a key frame, a frame that needs others, or nothing of this codec. */
export type VpLook = VpKeyFrame | 'other' | 'foreign';

/**
 * The configuration in force from this key frame on: what it says itself, the publisher's word for the rest.
 * `announced`: from the publisher's record, if there was one.
 */
export function configAt(frame: VpKeyFrame, announced: VpConfig | undefined, level: number): VpConfig {
  const { profile, bitDepth, color } = frame;
  const said = announced?.color ?? color;
  const known = (one: number, other: number): number => (one === UNSPECIFIED ? other : one);
  // Which of the two ways of 4:2:0 a frame does not tell.
  const chroma = announced?.chroma === 0 && frame.chroma === 1 ? 0 : frame.chroma;
  return {
    profile,
    level,
    bitDepth,
    chroma,
    color: {
      primaries: known(said.primaries, color.primaries),
      transfer: known(said.transfer, color.transfer),
      matrix: known(said.matrix, color.matrix),
      fullRange: color.fullRange,
      bitDepth,
    },
  };
}
