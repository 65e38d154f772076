/** Why some of a publisher's messages did not become frames; counted, for the API and the log. */
export type Dropped =
  | 'video before its configuration'
  | 'audio before its configuration'
  | 'bad video configuration'
  | 'bad audio configuration'
  | 'before the first key frame'
  | 'not AVC nor Annex B'
  | 'not HEVC nor Annex B'
  | 'not AV1'
  | 'not VP9'
  | 'not VP8'
  | 'pictures that lean on what was before the place to start'
  | 'not ADTS'
  | 'not Opus'
  | 'not FLAC'
  | 'not AC-3'
  | 'not E-AC-3'
  | 'not MP3'
  | 'waiting for the key frame of a new configuration'
  | 'a configuration that changes all the time'
  | 'an Enhanced RTMP message that is cut short'
  | 'a track that is longer than its message'
  | 'a track that is in one message twice'
  | 'an unknown kind of Enhanced RTMP message'
  | 'a track of a codec that is not supported'
  | 'more tracks of a kind than are carried'
  | 'bad colour metadata'
  | 'bad script data'
  | 'script data that are too long';

/** Where an intake leaves word of what it left out. Called per frame: it counts, and tells people once. */
export interface Notes {
  drop(why: Dropped): void;
  /** Why a track cannot be used, in words; undefined: it can. */
  problem(kind: 'video' | 'audio', why: string | undefined): void;
}
