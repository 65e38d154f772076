/** Enhanced RTMP's names of codecs, in words. */
const NAMES: Readonly<Record<string, string>> = {
  avc1: 'H.264 over Enhanced RTMP',
  hvc1: 'HEVC',
  hev1: 'HEVC',
  vvc1: 'VVC',
  vp08: 'VP8',
  vp09: 'VP9',
  av01: 'AV1',
  mp4a: 'AAC over Enhanced RTMP',
  '.mp3': 'MP3',
  'ac-3': 'AC-3',
  'ec-3': 'E-AC-3',
  Opus: 'Opus',
  fLaC: 'FLAC',
};

/** The codec whose FourCC stands at `at`, for people: `HEVC (hvc1)`. */
export function fourCcName(body: Uint8Array, at: number): string {
  const fourCc = String.fromCharCode(...body.subarray(at, at + 4)).replace(/[^\x20-\x7e]/g, '?');
  const name = NAMES[fourCc];
  if (name === undefined) return `"${fourCc}" over Enhanced RTMP`;
  return name === fourCc ? name : `${name} (${fourCc})`;
}
