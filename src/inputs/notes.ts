/** Why some of a publisher's messages did not become frames; counted, for the API and the log. */
export type Dropped =
  | 'video before its configuration'
  | 'audio before its configuration'
  | 'bad video configuration'
  | 'bad audio configuration'
  | 'before the first key frame'
  | 'not AVC nor Annex B'
  | 'not ADTS'
  | 'waiting for the key frame of a new configuration'
  | 'an additional track'
  | 'bad script data';

/** Where an intake leaves word of what it left out. Called per frame: it counts, and tells people once. */
export interface Notes {
  drop(why: Dropped): void;
  /** Why a track cannot be used, in words; undefined: it can. */
  problem(kind: 'video' | 'audio', why: string | undefined): void;
}
