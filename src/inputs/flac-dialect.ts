import { CodecError } from '../codecs/codec-error.ts';
import { splitFlac, type FlacFrameHeader } from '../codecs/flac/frame.ts';
import {
  findStreamInfo,
  readStreamInfo,
  writeStreamInfo,
  type FlacInfo,
} from '../codecs/flac/stream-info.ts';
import { flacTrack } from '../codecs/sound-tracks.ts';
import type { AudioTrack, TrackId } from '../media/track.ts';
import type { SoundDialect } from './framed-intake.ts';
import type { Sound } from './intake.ts';

/** FLAC: frames tell their blocks; where STREAMINFO has not come, or is another stream's, most of them tell all that it would. */
export class FlacDialect implements SoundDialect {
  readonly foreign = 'not FLAC';
  readonly #id: TrackId;
  #info: FlacInfo | undefined;
  #track: AudioTrack | undefined;

  constructor(id: TrackId) {
    this.#id = id;
  }

  configure(data: Uint8Array): void {
    // Encoders send it again with sums and sizes that they know in the end; to a decoder it is the same.
    this.#info = readStreamInfo(findStreamInfo(data));
    this.#track = undefined;
  }

  take(data: Uint8Array, sounds: Sound[]): AudioTrack | undefined {
    const frames = splitFlac(data);
    for (const { header, start, end } of frames)
      sounds.push({ payload: data.subarray(start, end), samples: header.blockSize });
    const header = frames[0]?.header;
    if (!header) return undefined;
    if (!this.#info || !isOf(header, this.#info)) {
      this.#info = infoFrom(header);
      this.#track = undefined;
    }
    this.#track ??= flacTrack(this.#id, writeStreamInfo(this.#info));
    return this.#track;
  }
}

/** What a frame says for itself is so. */
function isOf(frame: FlacFrameHeader, info: FlacInfo): boolean {
  return (
    frame.channels === info.channels &&
    (frame.sampleRate ?? info.sampleRate) === info.sampleRate &&
    (frame.bitsPerSample ?? info.bitsPerSample) === info.bitsPerSample
  );
}

/** Blocks that are longer than the first one make no difference to decoders: they go by the frames. */
function infoFrom({ blockSize, sampleRate, channels, bitsPerSample }: FlacFrameHeader): FlacInfo {
  if (sampleRate === undefined || bitsPerSample === undefined)
    throw new CodecError('FLAC_CONFIG', 'FLAC that came without its header (STREAMINFO), and cannot do so');
  const block = Math.max(16, blockSize);
  return { minBlock: block, maxBlock: block, sampleRate, channels, bitsPerSample };
}
