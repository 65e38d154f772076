/** `12.3 MB`: powers of ten, as disks and providers count. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ''}`;
}

/** `22 Nov 2026, 14:05`, in the viewer's own time. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** `14:05:09`. */
export const clockTime = (iso: string): string =>
  new Date(iso).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `just now`, `4 min ago`, `3 h ago`, then the day. */
export function ago(iso: string, now = Date.now()): string {
  const minutes = Math.floor((now - Date.parse(iso)) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return moment(iso);
}

const PROTOCOLS: Readonly<Record<string, string>> = {
  rtmp: 'RTMP',
  'http-flv': 'HTTP-FLV',
  'ws-flv': 'WebSocket-FLV',
  hls: 'HLS',
  'll-hls': 'Low-Latency HLS',
  'native-hls': 'HLS, by the browser',
  recording: 'Recording',
  relay: 'Relay',
};

export const protocolName = (name: string): string => PROTOCOLS[name] ?? name;

/** How many of something: `1 key`, `3 keys`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;
