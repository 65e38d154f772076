import type { AudioCodec } from '../../../media/track.ts';
import { AC3, EAC3 } from './dolby.ts';
import type { EntryForm } from './entry.ts';
import { FLAC } from './flac.ts';
import { MPEG_AUDIO } from './mpeg-audio.ts';
import { OPUS } from './opus.ts';

export const SOUNDS: Readonly<Record<AudioCodec, EntryForm>> = {
  aac: MPEG_AUDIO,
  mp3: MPEG_AUDIO,
  opus: OPUS,
  flac: FLAC,
  ac3: AC3,
  eac3: EAC3,
};
