import { AmfObject, type AmfValue } from '../../amf/value.ts';
import { SOUND_FORMAT_AAC, SOUND_FORMAT_MP3 } from '../../containers/flv/audio.ts';
import { FOUR_CC } from '../../containers/flv/four-cc.ts';
import { CODEC_ID_AVC } from '../../containers/flv/video.ts';
import type { AudioCodec, VideoCodec } from '../../media/track.ts';
import type { StreamFacts } from '../../stream/wire-format.ts';
import { CODEC_ID_LEGACY_HEVC, UNTAILORED, type Tailoring } from './tailoring.ts';

/** What a publisher says about a file, or about codecs it may not really send: not passed on. In small letters. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  'audiochannels',
  'audiocodecid',
  'audiodatarate',
  'audiosamplerate',
  'audiosamplesize',
  'audiosize',
  'canseektoend',
  'datasize',
  'duration',
  'filesize',
  'framerate',
  'hasaudio',
  'hascuepoints',
  'haskeyframes',
  'hasmetadata',
  'hasvideo',
  'height',
  'keyframes',
  'lastkeyframelocation',
  'lastkeyframetimestamp',
  'lasttimestamp',
  'stereo',
  'videocodecid',
  'videodatarate',
  'videosize',
  'width',
]);

/** Annex E.4.3.1; Enhanced RTMP, "Enhancing onMetaData": a FourCC as the number that it is on the wire. */
function videoCodecId(codec: VideoCodec, { legacyHevc }: Tailoring): number {
  if (codec === 'avc') return CODEC_ID_AVC;
  return codec === 'hevc' && legacyHevc ? CODEC_ID_LEGACY_HEVC : FOUR_CC[codec];
}

/** Annex E.4.2.1, and the same. */
function audioCodecId(codec: AudioCodec): number {
  if (codec === 'aac') return SOUND_FORMAT_AAC;
  return codec === 'mp3' ? SOUND_FORMAT_MP3 : FOUR_CC[codec];
}

/**
 * `onMetaData` for viewers (Annex E.5): what describes a track only if that track is really there, and by what the
 * track's configuration says; of the rest, what the publisher said.
 */
export function viewerMetadata(facts: StreamFacts, tailoring: Tailoring = UNTAILORED): AmfObject {
  const { tracks, metadata } = tailoring.facts(facts);
  const values = new Map<string, AmfValue>();
  for (const [key, value] of metadata ?? [])
    if (!NOT_PASSED_ON.has(key.toLowerCase())) values.set(key, value);
  const keep = (key: string): void => {
    const value = metadata?.get(key);
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) values.set(key, value);
  };
  const { video, audio } = tracks;
  values.set('hasVideo', video !== undefined);
  values.set('hasAudio', audio !== undefined);
  if (video) {
    values.set('width', video.width);
    values.set('height', video.height);
    values.set('videocodecid', videoCodecId(video.codec, tailoring));
    keep('videodatarate');
    keep('framerate');
  }
  if (audio) {
    values.set('audiocodecid', audioCodecId(audio.codec));
    values.set('audiosamplerate', audio.sampleRate);
    values.set('audiosamplesize', 16);
    values.set('audiochannels', audio.channels);
    values.set('stereo', audio.channels > 1);
    keep('audiodatarate');
  }
  return new AmfObject(values, 'ecma-array');
}
