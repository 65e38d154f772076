import { CODEC_NAMES } from '../../media/codec-names.ts';
import type { AudioCodec, AudioTrack, VideoCodec, VideoTrack } from '../../media/track.ts';
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

/** Who plays what is not H.264: browsers and devices of the time of writing. */
const PICTURES: Readonly<Record<Exclude<VideoCodec, 'avc'>, string>> = {
  hevc: 'iPhones, Macs and televisions play it, Chrome and Edge where the graphics card does, Firefox and many computers do not',
  av1: 'Chrome, Edge and Firefox play it, iPhones before 15 Pro, most Macs and older televisions do not',
  vp9: 'Chrome, Edge and Firefox play it by HLS, most iPhones and televisions do not',
  vp8: 'browsers play it neither in HLS nor in FLV',
};
const APPLE_AND_TELEVISIONS = 'iPhones, Macs and televisions play it, Chrome and Firefox do not';
/** The same of sound that is not AAC. */
const SOUNDS: Readonly<Record<Exclude<AudioCodec, 'aac'>, string>> = {
  opus: 'Chrome, Edge and Firefox play it, iPhones before iOS 17 and televisions do not',
  flac: 'browsers play it by HLS and not by FLV, televisions do not',
  ac3: APPLE_AND_TELEVISIONS,
  eac3: APPLE_AND_TELEVISIONS,
  mp3: 'Chrome plays it in FLV and MPEG-TS (?container=ts), not in the usual HLS',
};

/** Why some viewers cannot see this picture. */
export function pictureTrouble(track: VideoTrack): Trouble | undefined {
  if (track.codec === 'avc') return avcTrouble(track);
  const name = CODEC_NAMES[track.codec];
  return {
    text: `The video is ${name}: ${PICTURES[track.codec]}.`,
    remedy: `Send H.264 as well, as a second track (Enhanced RTMP) or a stream of its own, or instead of ${name}, where everybody is to see it.`,
    measured: { codec: track.codecString },
  };
}

function avcTrouble({ codecString, width, height }: VideoTrack): Trouble | undefined {
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
export function soundTrouble({ codec, codecString, channels, sampleRate }: AudioTrack): Trouble | undefined {
  if (codec !== 'aac') {
    return {
      text: `The sound is ${CODEC_NAMES[codec]}: ${SOUNDS[codec]}.`,
      remedy: `Send AAC where everybody is to hear it.`,
      measured: { codec: codecString },
    };
  }
  if (channels <= MOST_CHANNELS && sampleRate <= HIGHEST_RATE) return undefined;
  return {
    text: `The sound has ${channels} channels at ${sampleRate} Hz, which some phones and browsers refuse.`,
    remedy: 'Send stereo at 48 kHz (OBS: Settings → Audio).',
    measured: { codec: codecString, channels, sampleRate },
  };
}
