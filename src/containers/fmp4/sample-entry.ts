import { ByteReader } from '../../bytes/byte-reader.ts';
import type { AudioTrack, Track, VideoTrack } from '../../media/track.ts';
import { boxesIn, findBox, Mp4Error, type FoundBox } from './reader.ts';
import { colorBoxes, readColor } from './sample-entries/color.ts';
import {
  AUDIO_HEAD_BYTES,
  audioEntry,
  entryRate,
  VISUAL_HEAD_BYTES,
  visualEntry,
  type EntryFacts,
  type EntryForm,
} from './sample-entries/entry.ts';
import { flacBits, flacRate } from './sample-entries/flac.ts';
import { PICTURES } from './sample-entries/pictures.ts';
import { SOUNDS } from './sample-entries/sounds.ts';

/** What a decoder must know about a track, one entry for each codec: ISO/IEC 14496-12 §8.5.2. */
export function sampleEntry(track: Track): Buffer {
  return track.kind === 'video' ? pictureEntry(track) : soundEntry(track);
}

function pictureEntry(track: VideoTrack): Buffer {
  const form = PICTURES[track.codec];
  return visualEntry(form.type, track, form.configBox(track), ...colorBoxes(track.color));
}

function soundEntry(track: AudioTrack): Buffer {
  const form = SOUNDS[track.codec];
  const { channels } = track;
  const facts =
    track.codec === 'flac'
      ? { channels, rate: flacRate(track), bits: flacBits(track) }
      : { channels, rate: entryRate(track) };
  return audioEntry(form.type, facts, form.configBox(track));
}

const PICTURE_FORMS = formsByType(Object.values(PICTURES));
const SOUND_FORMS = formsByType(Object.values(SOUNDS));

function formsByType(forms: readonly EntryForm[]): ReadonlyMap<string, EntryForm> {
  return new Map(forms.map((form) => [form.type, form]));
}

/**
 * The first entry of a sample description.
 *
 * @param stsd its body @throws {Mp4Error | TruncatedError} for a codec that this house does not write, or one that is cut short
 */
export function readSampleEntry(stsd: Uint8Array): EntryFacts {
  const [entry] = boxesIn(stsd.subarray(8)); // version, flags, entry_count
  if (!entry) throw new Mp4Error('a track without a sample entry');
  const picture = PICTURE_FORMS.get(entry.type);
  if (picture) return readPicture(entry, picture);
  const sound = SOUND_FORMS.get(entry.type);
  if (sound) return readSound(entry, sound);
  throw new Mp4Error(`a sample entry of type ${entry.type}`);
}

function readPicture({ body }: FoundBox, form: EntryForm): EntryFacts {
  const reader = new ByteReader(body, form.type);
  reader.need(VISUAL_HEAD_BYTES, 'head');
  reader.skip(24, 'what is in front of the size');
  const [width, height] = [reader.u16(), reader.u16()];
  const boxes = body.subarray(VISUAL_HEAD_BYTES);
  const color = readColor(boxes);
  return { ...configIn(boxes, form), width, height, ...(color && { color }) };
}

function readSound({ body }: FoundBox, form: EntryForm): EntryFacts {
  const reader = new ByteReader(body, form.type);
  reader.need(AUDIO_HEAD_BYTES, 'head');
  reader.skip(16, 'what is in front of the channels');
  const channels = reader.u16();
  reader.skip(6, 'samplesize');
  const sampleRate = reader.u16();
  return { ...configIn(body.subarray(AUDIO_HEAD_BYTES), form), channels, sampleRate };
}

function configIn(boxes: Uint8Array, form: EntryForm): Pick<EntryFacts, 'codec' | 'config'> {
  const found = findBox(boxes, form.configType);
  if (!found) throw new Mp4Error(`${form.type} without ${form.configType}`);
  return form.readConfig(found);
}
