import type { Findings } from './findings.ts';
import type { MediaPlaylist } from './playlist.ts';

/** Apple's players give a live playlist up that has not changed for this many target durations. */
const STALE_TARGET_DURATIONS = 1.5;

/** Compares each reading of a live playlist with the one before: RFC 8216 §6.2.1 and §6.2.2. */
export class ReloadWatch {
  loads = 0;
  readonly #where: string;
  readonly #findings: Findings;
  #last: MediaPlaylist | undefined;
  #changedAt = 0;
  #saidStale = false;

  constructor(where: string, findings: Findings) {
    this.#where = where;
    this.#findings = findings;
  }

  /** Returns whether there is anything new. `now` in ms. */
  see(playlist: MediaPlaylist, now: number): boolean {
    this.loads++;
    const last = this.#last;
    this.#last = playlist;
    if (last) this.#compare(last, playlist);
    const changed = !last || endOf(last) !== endOf(playlist) || last.endList !== playlist.endList;
    if (changed) {
      this.#changedAt = now;
      this.#saidStale = false;
    } else this.#checkAge(playlist, now - this.#changedAt);
    return changed;
  }

  #compare(last: MediaPlaylist, playlist: MediaPlaylist): void {
    const { mediaSequence, targetDuration } = playlist;
    if (mediaSequence < last.mediaSequence) {
      this.#add(
        'playlist-sequence-back',
        `the media sequence went back from ${last.mediaSequence} to ${mediaSequence}`,
      );
      return;
    }
    if (targetDuration !== last.targetDuration) {
      const message = `the target duration changed from ${last.targetDuration ?? '?'} to ${targetDuration ?? '?'}`;
      this.#add('playlist-target-duration-changed', message);
    }
    for (const before of last.segments) {
      const now = playlist.segments[before.sequence - mediaSequence];
      if (now && (now.uri !== before.uri || now.extinfSeconds !== before.extinfSeconds)) {
        this.#add(
          'playlist-segment-changed',
          `segment ${before.sequence} is another one than when first read`,
        );
      }
    }
  }

  #checkAge(playlist: MediaPlaylist, ageMs: number): void {
    const limit = (playlist.targetDuration ?? Infinity) * STALE_TARGET_DURATIONS * 1000;
    if (playlist.endList || ageMs <= limit || this.#saidStale) return;
    this.#saidStale = true;
    this.#add(
      'playlist-stale',
      `nothing new for ${(ageMs / 1000).toFixed(1)} s, more than 1.5 target durations`,
    );
  }

  #add(code: Parameters<Findings['add']>[0], message: string): void {
    this.#findings.add(code, message, this.#where);
  }
}

function endOf(playlist: MediaPlaylist): number {
  return playlist.mediaSequence + playlist.segments.length;
}
