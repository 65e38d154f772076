import { tsRefusal } from '../../containers/mpegts/carriage.ts';
import { TsMuxer } from '../../containers/mpegts/ts-muxer.ts';
import type { MediaFrame } from '../../media/frame.ts';
import type { Track, TrackSet } from '../../media/track.ts';

/** Makes segments of MPEG-TS: RFC 8216 §3.2. Begin, write, finish, and again. */
export class TsPackager {
  readonly #muxer = new TsMuxer();

  /** Bytes of the running segment so far. */
  get size(): number {
    return this.#muxer.size;
  }

  /** Why a track cannot be carried, in words; undefined if it can. */
  refusal(track: Track): string | undefined {
    return tsRefusal(track);
  }

  /** Begins a segment of these tracks; none of them has been refused. `follows`: its times go on from the one before. */
  begin(tracks: TrackSet, follows: boolean): void {
    this.#muxer.begin(tracks, follows);
  }

  /** Adds a frame of one of them. */
  write(frame: MediaFrame): void {
    this.#muxer.write(frame);
  }

  /** Ends the segment and gives its bytes. */
  finish(): Buffer {
    return this.#muxer.finish();
  }

  /** Nothing comes for a while, or ever again: gives back what it works in. */
  rest(): void {
    this.#muxer.rest();
  }
}
