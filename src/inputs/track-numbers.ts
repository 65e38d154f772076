import { trackId, type TrackId, type TrackKind } from '../media/track.ts';

/** Tracks of one kind that a publisher may send: OBS sends up to six pictures. Each costs a GOP's memory. */
export const MAX_TRACKS = 8;
/** Messages of tracks beside a main one of which no frame has come: three seconds of sound, five of pictures. */
const MAX_WITHOUT_MAIN = 128;

/** One of a publisher's tracks of a kind, as far as its place among the others goes. */
export interface NumberedTrack {
  /** The publisher's own number for it. */
  readonly number: number;
  /** A frame of it has been written. */
  readonly hasFrames: boolean;
  /** What it is called from now on; its frames begin anew. */
  become(id: TrackId): void;
  /** It goes on where the main track stops. */
  takeOver?(former: this): void;
}

/**
 * A publisher's tracks of one kind by their numbers. The lowest number is the main track, 0 as a rule. Should a lower one
 * come late, it takes over with its first frame; should one be announced and not come, the next one is the main track.
 */
export class TrackNumbers<T extends NumberedTrack> {
  readonly #kind: TrackKind;
  readonly #make: (number: number, id: TrackId) => T;
  readonly #tracks = new Map<number, T>();
  #main: T | undefined;
  #withoutMain = 0;

  constructor(kind: TrackKind, make: (number: number, id: TrackId) => T) {
    this.#kind = kind;
    this.#make = make;
  }

  /** Undefined as long as there is none. */
  get main(): T | undefined {
    return this.#main;
  }

  /** The track of that number; undefined: there are {@link MAX_TRACKS} others. */
  see(number: number): T | undefined {
    return this.#tracks.get(number) ?? this.#add(number);
  }

  /** The same for the track of a message that is to be taken. */
  take(number: number): T | undefined {
    if (this.#main?.hasFrames === false && this.#main.number !== number) this.#waitForMain();
    return this.see(number);
  }

  /** Call before a track's first frame is written. */
  begin(track: T): void {
    const main = this.#main;
    if (!main || main === track || main.number < track.number) return;
    track.takeOver?.(main);
    this.#lead(track);
  }

  /** The former main track keeps its name for the case that it comes after all. */
  #waitForMain(): void {
    if (++this.#withoutMain < MAX_WITHOUT_MAIN) return;
    const present = [...this.#tracks.values()].filter(({ hasFrames }) => hasFrames);
    const [lowest] = present.sort((one, other) => one.number - other.number);
    if (!lowest) return;
    this.#main = lowest;
    lowest.become(this.#kind);
  }

  #add(number: number): T | undefined {
    if (this.#tracks.size >= MAX_TRACKS) return undefined;
    const main = this.#main;
    const isLowest = !main || number < main.number;
    const track = this.#make(number, isLowest ? this.#kind : trackId(this.#kind, number));
    this.#tracks.set(number, track);
    if (isLowest && main?.hasFrames !== true) this.#lead(track);
    return track;
  }

  #lead(track: T): void {
    const former = this.#main;
    this.#main = track;
    former?.become(trackId(this.#kind, former.number));
  }
}
