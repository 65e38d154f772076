import { ask, type Answer } from '../api/client.ts';

/** One recording, as the API tells of it. */
export interface Recording {
  /** `app/stream/file.mp4` */
  readonly id: string;
  readonly stream: string;
  readonly file: string;
  readonly format: 'mp4' | 'flv';
  readonly startedAt: string;
  /** Not known while it is being written. */
  readonly seconds: number | null;
  readonly bytes: number;
  readonly active: boolean;
}

/** One stream's recordings of one day, newest first. */
export interface Day {
  readonly stream: string;
  /** `Sunday 22 November 2026`, in the viewer's own time. */
  readonly day: string;
  readonly recordings: readonly Recording[];
}

/** As many as the API gives at a time. */
export const PAGE = 200;

export const askRecordings = (
  stream: string,
  limit: number,
): Promise<Answer<{ recordings: Recording[]; total: number }>> =>
  ask(`/recordings?limit=${limit}${stream === '' ? '' : `&stream=${encodeURIComponent(stream)}`}`);

export const recordingUrl = ({ id }: Pick<Recording, 'id'>): string =>
  `/api/v1/recordings/${id.split('/').map(encodeURIComponent).join('/')}`;

/** By stream, then by day; streams and days in the order of their newest recording. */
export function byDay(recordings: readonly Recording[]): Day[] {
  const days = new Map<string, { stream: string; day: string; recordings: Recording[] }>();
  const newestFirst = [...recordings].sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
  for (const one of newestFirst) {
    const day = dayOf(one.startedAt);
    const key = `${one.stream} ${day}`;
    const known = days.get(key) ?? { stream: one.stream, day, recordings: [] };
    known.recordings.push(one);
    days.set(key, known);
  }
  const streams = [...new Set(newestFirst.map(({ stream }) => stream))];
  return streams.flatMap((stream) => [...days.values()].filter((one) => one.stream === stream));
}

const dayOf = (iso: string): string =>
  new Date(iso).toLocaleDateString('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });

/** `0:09`, `12:03`, `1:02:03`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const pad = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** What plays it: the file itself, or HLS where the browser cannot play or seek in the file. */
export const playsAsFile = ({ format, active }: Recording): boolean => format === 'mp4' && !active;
