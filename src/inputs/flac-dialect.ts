import { CodecError } from '../codecs/codec-error.ts';
import { readFlacFrame, splitFlac, type FlacFrameHeader } from '../codecs/flac/frame.ts';
import { findStreamInfo, readStreamInfo, writeStreamInfo } from '../codecs/flac/stream-info.ts';
import { flacTrack } from '../codecs/sound-tracks.ts';
import type { AudioTrack, TrackId } from '../media/track.ts';
import type { SoundDialect } from './framed-intake.ts';
import type { Sound } from './intake.ts';

/** FLAC: frames tell their blocks; where STREAMINFO has not come, most of them tell all that it would. */
export class FlacDialect implements SoundDialect {
  readonly foreign = 'not FLAC';
  readonly #id: TrackId;
  #config: Uint8Array | undefined;
  #track: AudioTrack | undefined;

  constructor(id: TrackId) {
    this.#id = id;
  }

  configure(data: Uint8Array): void {
    // Encoders send it again with sums and sizes that they know in the end; to a decoder it is the same.
    this.#config = writeStreamInfo(readStreamInfo(findStreamInfo(data)));
    this.#track = undefined;
  }

  take(data: Uint8Array, sounds: Sound[]): AudioTrack | undefined {
    for (const { header, start, end } of splitFlac(data))
      sounds.push({ payload: data.subarray(start, end), samples: header.blockSize });
    const [first] = sounds;
    if (!first) return undefined;
    this.#track ??= flacTrack(
      this.#id,
      this.#config ?? configFrom(readFlacFrame(data)!),
      this.#config ? undefined : first.samples,
    );
    return this.#track;
  }
}

/** Blocks that are longer than the first one make no difference to decoders: they go by the frames. */
function configFrom({ blockSize, sampleRate, channels, bitsPerSample }: FlacFrameHeader): Uint8Array {
  if (sampleRate === undefined || bitsPerSample === undefined)
    throw new CodecError('FLAC_CONFIG', 'FLAC that came without its header (STREAMINFO), and cannot do so');
  const block = Math.max(16, blockSize);
  return writeStreamInfo({ minBlock: block, maxBlock: block, sampleRate, channels, bitsPerSample });
}
