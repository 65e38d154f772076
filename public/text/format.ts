import type { AudioFacts, VideoFacts } from '../api/types.ts';

/** Shown where a number is not known (yet). */
export const UNKNOWN = '–';

/** `2230` → `2.23 Mb/s`, `128` → `128 kb/s`. */
export function bitrate(kbps: number | null | undefined): string {
  if (kbps === null || kbps === undefined || !(kbps > 0)) return UNKNOWN;
  if (kbps < 999.5) return `${Math.round(kbps)} kb/s`;
  const mbps = kbps / 1000;
  return `${mbps.toFixed(mbps < 9.995 ? 2 : 1)} Mb/s`;
}

/** A running time: `0:09`, `12:03`, `3 h 04 min`, `2 d 3 h`. */
export function runningTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours >= 1) return `${hours} h ${pad(minutes % 60)} min`;
  return `${minutes}:${pad(whole % 60)}`;
}

/** A distance in time: `0:42`, `12:03`, `1:02:03`. */
export function ago(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** `0.84` → `0.8 s`. */
export function seconds(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? UNKNOWN : `${value.toFixed(1)} s`;
}

/** profile_idc of an H.264 codec string: ISO/IEC 14496-10 Annex A. */
const AVC_PROFILES: Readonly<Record<string, string>> = {
  '42': 'Baseline',
  '4d': 'Main',
  '58': 'Extended',
  '64': 'High',
  '6e': 'High 10',
  '7a': 'High 4:2:2',
  f4: 'High 4:4:4',
};

const FAMILIES: Readonly<Record<string, string>> = {
  hvc1: 'HEVC',
  hev1: 'HEVC',
  av01: 'AV1',
  vp09: 'VP9',
  opus: 'Opus',
  flac: 'FLAC',
  'ac-3': 'AC-3',
  'ec-3': 'E-AC-3',
  mp3: 'MP3',
};

const AAC_KINDS: Readonly<Record<string, string>> = {
  '2': 'AAC',
  '5': 'HE-AAC',
  '29': 'HE-AAC v2',
  '34': 'MP3',
};

/** A codec string (RFC 6381) as people say it: `avc1.64001F` → `H.264 High`. What is not known is shown as it is. */
export function codecName(codec: string): string {
  const [family = '', ...rest] = codec.split('.');
  if (family === 'avc1' || family === 'avc3') {
    const profile = AVC_PROFILES[rest[0]?.slice(0, 2).toLowerCase() ?? ''];
    return profile ? `H.264 ${profile}` : 'H.264';
  }
  if (family === 'mp4a') return AAC_KINDS[rest[1] ?? ''] ?? 'AAC';
  return FAMILIES[family.toLowerCase()] ?? codec;
}

/** `1280×720`. */
export function frameSize(video: VideoFacts | null): string {
  return video?.width && video.height ? `${video.width}×${video.height}` : UNKNOWN;
}

/** `720p30`; `720p` while the frame rate is not known; nothing for audio. */
export function quality(video: VideoFacts | null): string {
  if (!video?.height || !video.width) return '';
  const lines = Math.min(video.width, video.height);
  return `${lines}p${video.fps ? String(Math.round(video.fps)) : ''}`;
}

/** `30 fps`, `12.5 fps`. The rate is measured from arriving frames, so hundredths would only show the network. */
export function frameRate(fps: number | null | undefined): string {
  if (!fps) return UNKNOWN;
  const near = Math.round(fps);
  return `${Math.abs(fps - near) < 0.2 ? String(near) : fps.toFixed(1)} fps`;
}

/** `48 kHz stereo`. */
export function sound(audio: AudioFacts): string {
  const rate = audio.sampleRate ? `${String(audio.sampleRate / 1000)} kHz` : '';
  return [rate, layout(audio.channels)].filter(Boolean).join(' ');
}

function layout(channels: number | null): string {
  if (!channels) return '';
  if (channels === 1) return 'mono';
  if (channels === 2) return 'stereo';
  return channels === 6 ? '5.1' : `${channels} channels`;
}

/** `1 viewer`, `3 viewers`. */
export function viewers(count: number): string {
  return `${count} ${count === 1 ? 'viewer' : 'viewers'}`;
}

/** Lost pictures of all that were to be shown: `3 of 5,120`. */
export function dropped(lost: number, decoded: number): string {
  return `${lost.toLocaleString('en')} of ${decoded.toLocaleString('en')}`;
}
