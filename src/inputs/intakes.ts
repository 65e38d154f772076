import type { AudioCodec, AudioTrack, TrackId, VideoCodec, VideoTrack } from '../media/track.ts';
import { AacIntake } from './aac-intake.ts';
import { Av1Intake } from './av1-intake.ts';
import { AvcIntake } from './avc-intake.ts';
import { FlacDialect } from './flac-dialect.ts';
import { FramedIntake, type SoundDialect } from './framed-intake.ts';
import { HevcIntake } from './hevc-intake.ts';
import type { AudioIntake, VideoIntake } from './intake.ts';
import type { Notes } from './notes.ts';
import { OpusDialect } from './opus-dialect.ts';
import { Ac3Dialect, Mp3Dialect } from './sync-dialects.ts';
import { VpIntake } from './vp-intake.ts';

/** What takes one video track's messages. `former`: the last known track of that id, which is kept if it is the same. */
export function videoIntake(
  codec: VideoCodec,
  id: TrackId,
  former: VideoTrack | undefined,
  notes: Notes,
): VideoIntake {
  switch (codec) {
    case 'avc':
      return new AvcIntake(id, former, notes);
    case 'hevc':
      return new HevcIntake(id, former, notes);
    case 'av1':
      return new Av1Intake(id, former, notes);
    case 'vp9':
    case 'vp8':
      return new VpIntake(codec, { id, former }, notes);
  }
}

/** The same for an audio track. */
export function audioIntake(
  codec: AudioCodec,
  id: TrackId,
  former: AudioTrack | undefined,
  notes: Notes,
): AudioIntake {
  return codec === 'aac'
    ? new AacIntake(id, former, notes)
    : new FramedIntake(dialectOf(codec, id), former, notes);
}

function dialectOf(codec: Exclude<AudioCodec, 'aac'>, id: TrackId): SoundDialect {
  switch (codec) {
    case 'opus':
      return new OpusDialect(id);
    case 'flac':
      return new FlacDialect(id);
    case 'ac3':
    case 'eac3':
      return new Ac3Dialect(codec, id);
    case 'mp3':
      return new Mp3Dialect(id);
  }
}
