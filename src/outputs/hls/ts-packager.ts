import { adtsRefusal } from '../../codecs/aac/adts.ts';
import { readAacConfig } from '../../codecs/aac/config.ts';
import { readAvcConfig } from '../../codecs/avc/config.ts';
import { CodecError } from '../../codecs/codec-error.ts';
import { TsMuxer } from '../../containers/mpegts/ts-muxer.ts';
import type { MediaFrame } from '../../media/frame.ts';
import type { Track, TrackSet } from '../../media/track.ts';
import type { Packager } from './packager.ts';

/** MPEG-TS segments: RFC 8216 §3.2. */
export class TsPackager implements Packager {
  readonly #muxer = new TsMuxer();

  get size(): number {
    return this.#muxer.size;
  }

  refusal(track: Track): string | undefined {
    try {
      if (track.kind === 'audio') return adtsRefusal(readAacConfig(track.config));
      readAvcConfig(track.config);
      return undefined;
    } catch (error) {
      if (error instanceof CodecError) return error.message;
      throw error;
    }
  }

  begin(tracks: TrackSet, follows: boolean): void {
    this.#muxer.begin(tracks, follows);
  }

  write(frame: MediaFrame): void {
    this.#muxer.write(frame);
  }

  finish(): Buffer {
    return this.#muxer.finish();
  }

  rest(): void {
    this.#muxer.rest();
  }
}
