import { splitSyncFrames } from '../codecs/ac3/syncframe.ts';
import { splitMp3 } from '../codecs/mp3/header.ts';
import { ac3Track, mp3Track } from '../codecs/sound-tracks.ts';
import type { AudioTrack, TrackId } from '../media/track.ts';
import type { SoundDialect } from './framed-intake.ts';
import type { Sound } from './intake.ts';

/** AC-3 and E-AC-3: each syncframe tells all there is, and a configuration nothing more. */
export class Ac3Dialect implements SoundDialect {
  readonly foreign: SoundDialect['foreign'];
  readonly #codec: 'ac3' | 'eac3';
  readonly #id: TrackId;

  constructor(codec: 'ac3' | 'eac3', id: TrackId) {
    this.foreign = codec === 'ac3' ? 'not AC-3' : 'not E-AC-3';
    this.#codec = codec;
    this.#id = id;
  }

  configure(): void {
    // Enhanced RTMP has none for these.
  }

  take(data: Uint8Array, sounds: Sound[]): AudioTrack | undefined {
    const units = splitSyncFrames(data, this.#codec);
    for (const { frames, start, end } of units)
      sounds.push({ payload: data.subarray(start, end), samples: frames[0]!.samples });
    return units[0] && ac3Track(this.#id, this.#codec, units[0]);
  }
}

/** MP3, and the other layers of MPEG audio, which are sent under the same name. */
export class Mp3Dialect implements SoundDialect {
  readonly foreign = 'not MP3';
  readonly #id: TrackId;

  constructor(id: TrackId) {
    this.#id = id;
  }

  configure(): void {
    // There is none: each frame tells.
  }

  take(data: Uint8Array, sounds: Sound[]): AudioTrack | undefined {
    const frames = splitMp3(data);
    for (const { header, start, end } of frames)
      sounds.push({ payload: data.subarray(start, end), samples: header.samples });
    return frames[0] && mp3Track(this.#id, frames[0].header);
  }
}
