import type { AudioTrack, VideoTrack } from '../../media/track.ts';
import type { Verdict } from './verdict.ts';

type Trouble = Pick<Verdict, 'text' | 'remedy' | 'measured'>;

/** H.264 profiles (ISO/IEC 14496-10 Annex A, profile_idc) that browsers and phones do not decode. */
const RARE_PROFILES: ReadonlyMap<number, string> = new Map([
  [88, 'Extended'],
  [110, 'High 10 (10 bits)'],
  [122, 'High 4:2:2'],
  [144, 'High 4:4:4'],
  [244, 'High 4:4:4 Predictive'],
  [44, 'CAVLC 4:4:4 Intra'],
]);
/** level_idc 5.2: 4K at 60; above it only the newest devices follow. */
const HIGHEST_LEVEL = 52;

/** Why some viewers cannot see this picture. */
export function avcTrouble({ codecString, width, height }: VideoTrack): Trouble | undefined {
  const digits = /^avc[13]\.([0-9a-f]{2})[0-9a-f]{2}([0-9a-f]{2})$/i.exec(codecString);
  if (!digits) return undefined;
  const profile = RARE_PROFILES.get(parseInt(digits[1]!, 16));
  const level = parseInt(digits[2]!, 16);
  if (profile !== undefined) {
    return {
      text: `The video is H.264 ${profile}, which browsers and phones do not play.`,
      remedy:
        'Use profile high or main with 8 bits and 4:2:0 (OBS: Settings → Advanced → Color Format NV12).',
      measured: { codec: codecString },
    };
  }
  if (level <= HIGHEST_LEVEL) return undefined;
  return {
    text: `The video claims H.264 level ${level / 10} (${width}x${height}), which many devices refuse.`,
    remedy: 'Send a smaller picture or fewer frames a second.',
    measured: { codec: codecString, level: level / 10 },
  };
}

/** The most that browsers' AAC decoders take without mixing it down or refusing. */
const MOST_CHANNELS = 2;
const HIGHEST_RATE = 48_000;

/** Why some viewers cannot hear this sound. */
export function audioTrouble({ codecString, channels, sampleRate }: AudioTrack): Trouble | undefined {
  if (channels <= MOST_CHANNELS && sampleRate <= HIGHEST_RATE) return undefined;
  return {
    text: `The sound has ${channels} channels at ${sampleRate} Hz, which some phones and browsers refuse.`,
    remedy: 'Send stereo at 48 kHz (OBS: Settings → Audio).',
    measured: { codec: codecString, channels, sampleRate },
  };
}
