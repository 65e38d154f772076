import { splitSyncFrames } from '../../codecs/ac3/syncframe.ts';
import { sequenceOf } from '../../codecs/av1/config.ts';
import { readAv1Unit } from '../../codecs/av1/frame.ts';
import { findStreamInfo } from '../../codecs/flac/stream-info.ts';
import { readMp3Header } from '../../codecs/mp3/header.ts';
import { av1Track, vpTrack } from '../../codecs/picture-tracks.ts';
import { ac3Track, flacTrack, mp3Track, opusTrack } from '../../codecs/sound-tracks.ts';
import { aacTrack, avcTrack, hevcTrack } from '../../codecs/track-builder.ts';
import { readVpConfig, type VpConfig } from '../../codecs/vpx/config.ts';
import { lookAtVp8 } from '../../codecs/vpx/vp8-frame.ts';
import { lookAtVp9 } from '../../codecs/vpx/vp9-frame.ts';
import type { AudioPart, VideoPart } from '../../containers/flv/parts.ts';
import type { AudioTrack, TrackSet, VideoTrack } from '../../media/track.ts';

type Telling<Part> = Extract<Part, { kind: 'config' | 'frame' }>;

/**
 * A recording's tracks as they become known from its beginning: some codecs have configurations that tell all there is, of
 * the others it takes the first frame, which in a recording is whole and one that a decoder can start with.
 */
export class FlvTracks {
  #tracks: TrackSet = {};
  #vp: VpConfig | undefined;

  get known(): TrackSet {
    return this.#tracks;
  }

  /** @throws {CodecError} */
  noteVideo(part: VideoPart): void {
    if (this.#tracks.video || !isTelling(part)) return;
    const video = part.kind === 'config' ? this.#pictureBefore(part) : this.#pictureIn(part);
    if (video) this.#tracks = { ...this.#tracks, video };
  }

  /** @throws {CodecError} */
  noteAudio(part: AudioPart): void {
    if (this.#tracks.audio || !isTelling(part)) return;
    const audio = part.kind === 'config' ? soundBefore(part) : soundIn(part);
    if (audio) this.#tracks = { ...this.#tracks, audio };
  }

  #pictureBefore({ codec, data }: Telling<VideoPart>): VideoTrack | undefined {
    if (codec === 'avc') return avcTrack(data, undefined);
    if (codec === 'hevc') return hevcTrack(data, undefined);
    if (codec === 'vp9' || codec === 'vp8') this.#vp = readVpConfig(data);
    return undefined;
  }

  #pictureIn({ codec, data }: Telling<VideoPart>): VideoTrack | undefined {
    if (codec === 'av1') {
      const { sequenceHeader: unit, metadata } = readAv1Unit(data) ?? {};
      return unit && av1Track({ unit, sequence: sequenceOf(unit) }, {}, metadata);
    }
    if (codec !== 'vp9' && codec !== 'vp8') return undefined;
    const look = codec === 'vp9' ? lookAtVp9(data) : lookAtVp8(data);
    return look === 'other' || look === 'foreign' ? undefined : vpTrack(codec, look, { announced: this.#vp });
  }
}

function soundBefore({ codec, data }: Telling<AudioPart>): AudioTrack | undefined {
  if (codec === 'aac') return aacTrack(data, undefined);
  if (codec === 'opus') return opusTrack('audio', data);
  return codec === 'flac' ? flacTrack('audio', findStreamInfo(data)) : undefined;
}

function soundIn({ codec, data }: Telling<AudioPart>): AudioTrack | undefined {
  if (codec === 'ac3' || codec === 'eac3') {
    const [unit] = splitSyncFrames(data, codec);
    return unit && ac3Track('audio', codec, unit);
  }
  const header = codec === 'mp3' ? readMp3Header(data, 0) : undefined;
  return header && mp3Track('audio', header);
}

const isTelling = <Part extends VideoPart | AudioPart>(part: Part): part is Part & Telling<Part> =>
  part.kind === 'config' || part.kind === 'frame';
