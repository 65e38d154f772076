import type { Breach } from './rules.ts';
import type { SegmentFacts } from './segment-rules.ts';

/** A track of which nothing has come since it was declared is missed after so many segments and seconds … */
const NEVER_SEGMENTS = 2;
const NEVER_SECONDS = 2;
/** … and one that has fallen silent after these: a pause is not a missing track. */
const SILENT_SECONDS = 5;

interface Declared {
  everHeard: boolean;
  emptySegments: number;
  emptySeconds: number;
  told: boolean;
}

/** Watches whether the tracks that the PMT, or the initialization section, declares have frames. */
export class DeclaredTracks {
  readonly #tracks = new Map<number, Declared>();

  /** A discontinuity: the tracks may be other ones. */
  startOver(): void {
    this.#tracks.clear();
  }

  see({ look, segment }: SegmentFacts): Breach[] {
    return [...look.declared].flatMap(([pid, { kind, what }]) => {
      if (kind === undefined) return [];
      const track = this.#tracks.get(pid) ?? {
        everHeard: false,
        emptySegments: 0,
        emptySeconds: 0,
        told: false,
      };
      this.#tracks.set(pid, track);
      const frames = look.tracks.get(pid)?.frames ?? 0;
      if (frames > 0) {
        Object.assign(track, { everHeard: true, emptySegments: 0, emptySeconds: 0 });
        return [];
      }
      track.emptySegments++;
      track.emptySeconds += segment.extinfSeconds;
      const enough = track.everHeard ? SILENT_SECONDS : NEVER_SECONDS;
      if (track.told || track.emptySegments < NEVER_SEGMENTS || track.emptySeconds < enough) return [];
      track.told = true;
      const message = `the ${look.declaredBy} declares ${kind} (${what}), but not one frame came in ${track.emptySeconds.toFixed(1)} s`;
      return [{ code: 'track-without-frames', message, segment: segment.sequence }];
    });
  }
}
