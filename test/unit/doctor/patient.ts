import { AmfObject } from '../../../src/amf/value.ts';
import type { MediaFrame } from '../../../src/media/frame.ts';
import type { AudioTrack, NalTrack, VideoTrack } from '../../../src/media/track.ts';
import { Doctor, type HealthNews } from '../../../src/outputs/doctor/doctor.ts';
import type { StandingVerdict } from '../../../src/outputs/doctor/verdict.ts';
import { audioTrack, inter, key, sound, videoTrack } from '../../support/media.ts';

/** A made-up publisher; every number has the value of a healthy one unless it is given. */
export interface Habits {
  readonly seconds?: number;
  readonly fps?: number;
  readonly gopSeconds?: number;
  /** B-frames between two others. */
  readonly bFrames?: number;
  readonly video?: Partial<NalTrack> | false;
  readonly audio?: Partial<AudioTrack> | false;
  /** Bytes of the frame with this number. */
  readonly bytes?: (index: number, isKey: boolean) => number;
  /** When a frame of this media time arrives, ms. */
  readonly arrival?: (mediaMs: number) => number;
  /** False: the encoder did not send this picture (this sound frame). */
  readonly sends?: (index: number, mediaMs: number) => boolean;
  readonly sendsSound?: (mediaMs: number) => boolean;
  /** Added to the sound's time stamps, not to its arrival, ms. */
  readonly soundShiftMs?: number;
  /** Added to all time stamps from this media time on, ms. */
  readonly stampShift?: (mediaMs: number) => number;
  /** The time line's number at this media time. */
  readonly epoch?: (mediaMs: number) => number;
  readonly track?: (mediaMs: number, usual: VideoTrack) => VideoTrack;
  readonly metadata?: Readonly<Record<string, number>>;
  readonly problems?: readonly string[];
  /** Frames' own distance instead of an even one, ms. */
  readonly interval?: (index: number) => number;
  /** How long we ourselves did not read in the second before, ms. */
  readonly heldUpMs?: (now: number) => number;
}

interface Arrival {
  readonly sentAt: number;
  readonly at: number;
  readonly frame: MediaFrame;
}

const SOUND_MS = 1024 / 48;

function pictures(habits: Habits, seconds: number): Arrival[] {
  const { fps = 30, gopSeconds = 2, bFrames = 0, bytes, arrival = (ms: number) => ms } = habits;
  if (habits.video === false) return [];
  const usual: NalTrack = { ...videoTrack('avc1.64001F'), ...habits.video };
  const all: Arrival[] = [];
  const row = bFrames + 1;
  let ms = 0;
  for (let index = 0; ms < seconds * 1000; index++) {
    const interval = habits.interval?.(index) ?? 1000 / fps;
    const mediaMs = Math.round(ms);
    ms += interval;
    if (habits.sends?.(index, mediaMs) === false) continue;
    const isKey = index % Math.round(gopSeconds * fps) === 0;
    // In a row of B-frames the first sent is the last shown.
    const place = index % row;
    const ahead = bFrames === 0 ? 0 : place === 0 ? bFrames : -1;
    const options = {
      track: habits.track?.(mediaMs, usual) ?? usual,
      epoch: habits.epoch?.(mediaMs) ?? 1,
      bytes: bytes?.(index, isKey) ?? (isKey ? 40_000 : 7_000),
      compositionMs: Math.round((ahead + 1) * interval),
    };
    all.push({
      sentAt: mediaMs,
      at: arrival(mediaMs),
      frame: (isKey ? key : inter)(mediaMs + (habits.stampShift?.(mediaMs) ?? 0), options),
    });
  }
  return all;
}

function sounds(habits: Habits, seconds: number): Arrival[] {
  const { arrival = (ms: number) => ms, soundShiftMs = 0 } = habits;
  if (habits.audio === false) return [];
  const track: AudioTrack = { ...audioTrack('mp4a.40.2'), ...habits.audio };
  const all: Arrival[] = [];
  for (let ms = 0; ms < seconds * 1000; ms += SOUND_MS) {
    if (habits.sendsSound?.(ms) === false) continue;
    const epoch = habits.epoch?.(ms) ?? 1;
    const options = { track, epoch, bytes: 340, alone: habits.video === false };
    all.push({
      sentAt: ms,
      at: arrival(ms),
      frame: sound(ms + soundShiftMs + (habits.stampShift?.(ms) ?? 0), options),
    });
  }
  return all;
}

/** One connection: what was sent first comes first, so that one late frame holds up all behind it. */
function inTurn(arrivals: readonly Arrival[]): Arrival[] {
  let latest = 0;
  return [...arrivals]
    .sort((a, b) => a.sentAt - b.sentAt)
    .map((one) => {
      latest = Math.max(latest, one.at);
      return { ...one, at: latest };
    });
}

export interface Visit {
  readonly doctor: Doctor;
  /** All verdicts that stood at some time, by code. */
  readonly found: ReadonlyMap<string, StandingVerdict>;
  readonly news: readonly HealthNews[];
}

/** Has a publisher with these habits looked at once a second, on a made-up clock. */
export function examine(habits: Habits): Visit {
  const { seconds = 60, metadata = {}, problems = [] } = habits;
  const found = new Map<string, StandingVerdict>();
  let now = 0;
  const news: HealthNews[] = [];
  const doctor = new Doctor({
    now: () => now,
    clock: () => 1_700_000_000_000 + now,
    publisher: () => ({ metadata: AmfObject.of(metadata), problems }),
    changed: (one) => news.push(one),
  });
  const arrivals = inTurn([...pictures(habits, seconds), ...sounds(habits, seconds)]);
  let look = 1000;
  const lookUntil = (at: number): void => {
    for (; look <= at; look += 1000 + (look % 7)) {
      now = look;
      doctor.look(habits.heldUpMs?.(now) ?? 0);
      for (const verdict of doctor.verdicts) found.set(verdict.code, verdict);
    }
  };
  for (const { at, frame } of arrivals) {
    lookUntil(at);
    now = at;
    doctor.write(frame);
  }
  lookUntil(arrivals.at(-1)?.at ?? 0);
  return { doctor, found, news };
}
