/** What a frame's header of MPEG audio says: ISO/IEC 11172-3 §2.4.2.3, 13818-3. */
export interface Mp3Header {
  /** 1 MPEG-1; 2 MPEG-2, half the rates; 2.5 by common use, a quarter. */
  readonly version: 1 | 2 | 2.5;
  readonly layer: 1 | 2 | 3;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** 384, 576 or 1,152. */
  readonly samples: number;
  /** Bytes of the frame, header included; undefined in the free format, where nobody tells. */
  readonly length: number | undefined;
}

const MP3_HEADER_SIZE = 4;
const MONO = 3;
const RATES = [44_100, 48_000, 32_000] as const;

/** kb/s by bitrate_index 1 to 14, of MPEG-1's layers and of the lower rates'. */
const KBPS_1 = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
] as const;
const KBPS_LSF_1 = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256] as const;
const KBPS_LSF_23 = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160] as const;

/** Reads the header at `at`; undefined if there is none. */
export function readMp3Header(bytes: Uint8Array, at: number): Mp3Header | undefined {
  if (at + MP3_HEADER_SIZE > bytes.length) return undefined;
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) return undefined;
  const version = VERSIONS[(bytes[at + 1]! >> 3) & 3];
  const layer = LAYERS[(bytes[at + 1]! >> 1) & 3];
  const bitrate = bytes[at + 2]! >> 4;
  const base = RATES[(bytes[at + 2]! >> 2) & 3];
  if (version === undefined || layer === undefined || base === undefined || bitrate === 15) return undefined;
  const sampleRate = version === 1 ? base : version === 2 ? base / 2 : base / 4;
  const samples = layer === 1 ? 384 : layer === 3 && version !== 1 ? 576 : 1152;
  const padding = (bytes[at + 2]! >> 1) & 1;
  const channels = bytes[at + 3]! >> 6 === MONO ? 1 : 2;
  const kbps = kbpsOf(version, layer)[bitrate - 1];
  const slot = layer === 1 ? 4 : 1;
  const length =
    kbps === undefined
      ? undefined
      : (Math.floor((samples / 8 / slot) * ((kbps * 1000) / sampleRate)) + padding) * slot;
  return { version, layer, sampleRate, channels, samples, length };
}

const VERSIONS = [2.5, undefined, 2, 1] as const;
const LAYERS = [undefined, 3, 2, 1] as const;

function kbpsOf(version: Mp3Header['version'], layer: Mp3Header['layer']): readonly number[] {
  if (version === 1) return KBPS_1[layer - 1]!;
  return layer === 1 ? KBPS_LSF_1 : KBPS_LSF_23;
}

/** A frame among others, as offsets. */
export interface Mp3Frame {
  readonly header: Mp3Header;
  readonly start: number;
  readonly end: number;
}

/** The frames of a message, side by side from its first byte to its last; empty if that is not what it is. */
export function splitMp3(bytes: Uint8Array): readonly Mp3Frame[] {
  const frames: Mp3Frame[] = [];
  for (let start = 0; start < bytes.length;) {
    const header = readMp3Header(bytes, start);
    const end = header && start + (header.length ?? bytes.length - start);
    if (!header || end === undefined || end > bytes.length || end <= start) return [];
    frames.push({ header, start, end });
    start = end;
  }
  return frames;
}

/** RFC 6381: `mp4a.40.34` for layer III; 33 and 32 are the others: ISO/IEC 14496-3 Table 1.17. */
export function mp3CodecString({ layer }: Mp3Header): string {
  return `mp4a.40.${31 + layer}`;
}
