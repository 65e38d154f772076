import type { Frame, MediaFrame } from '../../media/frame.ts';
import { ticksFromSeconds, type Ticks } from '../../media/time.ts';
import type { AudioTrack, TrackSet } from '../../media/track.ts';

/** A track of which nothing has come for so long is not promised to the players of a new file. */
const SILENT = ticksFromSeconds(3);

/** Follows a stream's tracks and says where a new file can begin, and with which tracks. */
export class CutPoints {
  #audio: { track: AudioTrack; dts: Ticks } | undefined;
  #pictureAt: Ticks | undefined;

  note(frame: Frame): void {
    if (frame.kind === 'audio') this.#audio = { track: frame.track, dts: frame.dts };
    else if (frame.kind === 'video') this.#pictureAt = frame.dts;
  }

  /** Can a file begin here? Sound will do where there are no pictures, or no more. Call after {@link note}. */
  isPoint(frame: MediaFrame): boolean {
    if (frame.kind === 'video') return frame.startsGop;
    return frame.startsGop || this.#pictureAt === undefined || frame.dts - this.#pictureAt > SILENT;
  }

  /** The tracks of a file that begins with this frame. */
  tracksAt(frame: MediaFrame): TrackSet {
    if (frame.kind === 'audio') return { audio: frame.track };
    const audio = this.#audio && frame.dts - this.#audio.dts <= SILENT ? this.#audio.track : undefined;
    return { video: frame.track, ...(audio && { audio }) };
  }

  /** Must a file with these tracks end here? That a track has fallen silent is no reason. */
  isChange(tracks: TrackSet, frame: MediaFrame): boolean {
    const now = this.tracksAt(frame);
    return (
      (now.video !== undefined && now.video !== tracks.video) ||
      (now.audio !== undefined && now.audio !== tracks.audio)
    );
  }
}
