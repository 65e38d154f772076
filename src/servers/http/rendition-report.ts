import { trackNumber, type AudioTrack, type Track, type VideoTrack } from '../../media/track.ts';
import type { Meter } from '../../stream/meter.ts';
import type { Stream } from '../../stream/stream.ts';

/** One of the tracks that viewers of a stream can choose. Rates are null until they have been measured. */
export interface RenditionReport {
  /** As in `?track=`; 0 is the main one. */
  readonly track: number;
  readonly kind: 'video' | 'audio';
  readonly codec: string;
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: number | null;
  readonly channels?: number;
  readonly sampleRate?: number;
  readonly kbps: number | null;
}

/** The main tracks first, the others by kind and number. */
export function reportRenditions({ main, renditions }: Stream): RenditionReport[] {
  const { video, audio } = main.facts.tracks;
  const told = [
    ...(video ? [ofTrack(video, main.meter)] : []),
    ...(audio ? [ofTrack(audio, main.meter)] : []),
  ];
  const beside = [...renditions.values()].flatMap(({ track, meter }) =>
    track ? [ofTrack(track, meter)] : [],
  );
  beside.sort((one, other) => other.kind.localeCompare(one.kind) || one.track - other.track);
  return [...told, ...beside];
}

function ofTrack(track: Track, meter: Meter): RenditionReport {
  return track.kind === 'video' ? ofPicture(track, meter) : ofSound(track, meter);
}

function ofPicture({ id, kind, codecString, width, height }: VideoTrack, { rates }: Meter): RenditionReport {
  const { framesPerSecond: fps, videoBitsPerSecond } = rates;
  const frameRate = fps === undefined ? null : Number(fps.toFixed(2));
  const kbps = kbit(videoBitsPerSecond);
  return { track: trackNumber(id), kind, codec: codecString, width, height, frameRate, kbps };
}

function ofSound(
  { id, kind, codecString, channels, sampleRate }: AudioTrack,
  { rates }: Meter,
): RenditionReport {
  const kbps = kbit(rates.audioBitsPerSecond);
  return { track: trackNumber(id), kind, codec: codecString, channels, sampleRate, kbps };
}

const kbit = (bits: number | undefined): number | null =>
  bits === undefined ? null : Math.round(bits / 1000);
