/** Small FLV and MPEG-TS made by hand, with no help from the code under test or from our muxer. */

/** ITU-T H.264 Main profile, level 1.3, 320x180; from x264. */
const SPS = Buffer.from('674d400deca0a0cfcf8088000003000800000301e078a14cb0', 'hex');
const PPS = Buffer.from('68ce0fc8', 'hex');
const AVC_CONFIG = Buffer.concat([
  Buffer.from('014d400dffe10019', 'hex'),
  SPS,
  Buffer.from('010004', 'hex'),
  PPS,
]);
/** AAC-LC, 44,100 Hz, mono. */
const AAC_CONFIG = Buffer.from('1208', 'hex');

const IDR = Buffer.from([0x65, 0x88, 0x84, 0x21]);
const SLICE = Buffer.from([0x41, 0x9a, 0x24, 0x6c]);

export const flvHeader = (flags: number): Buffer =>
  Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]);

export function flvTag(type: number, ms: number, body: Buffer): Buffer {
  const tag = Buffer.alloc(11 + body.length + 4);
  tag[0] = type;
  tag.writeUIntBE(body.length, 1, 3);
  tag.writeUIntBE(ms & 0xffffff, 4, 3);
  tag[7] = ms >>> 24;
  body.copy(tag, 11);
  tag.writeUInt32BE(11 + body.length, 11 + body.length);
  return tag;
}

export const flvAvcConfig = (ms = 0): Buffer =>
  flvTag(9, ms, Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), AVC_CONFIG]));

export function flvVideo(ms: number, options: { key?: boolean; idr?: boolean; cts?: number } = {}): Buffer {
  const { key = false, idr = key, cts = 0 } = options;
  const nal = idr ? IDR : SLICE;
  const head = Buffer.from([
    key ? 0x17 : 0x27,
    1,
    (cts >> 16) & 0xff,
    (cts >> 8) & 0xff,
    cts & 0xff,
    0,
    0,
    0,
    nal.length,
  ]);
  return flvTag(9, ms, Buffer.concat([head, nal]));
}

export const flvAacConfig = (ms = 0): Buffer =>
  flvTag(8, ms, Buffer.concat([Buffer.from([0xaf, 0]), AAC_CONFIG]));
export const flvAudio = (ms: number): Buffer => flvTag(8, ms, Buffer.from([0xaf, 1, 0x21, 0x10, 0x04]));

/** ISO/IEC 13818-1 packets. */
export const VIDEO_PID = 0x100;
export const AUDIO_PID = 0x101;
const PMT_PID = 0x1000;

/** Keeps the continuity counters. */
export class TransportMaker {
  readonly #counters = new Map<number, number>();

  /** As if `count` packets of that PID had been lost. */
  lose(pid: number, count = 1): void {
    this.#counters.set(pid, (this.#counters.get(pid) ?? 0) + count);
  }

  packets(pid: number, payload: Buffer, pcr?: number): Buffer {
    const out: Buffer[] = [];
    for (let at = 0; at < payload.length;) {
      const first = at === 0;
      const adaptation = first && pcr !== undefined ? pcrField(pcr) : Buffer.alloc(0);
      const part = payload.subarray(at, at + 184 - adaptation.length);
      out.push(this.#packet(pid, first, adaptation, part));
      at += part.length;
    }
    return Buffer.concat(out);
  }

  #packet(pid: number, first: boolean, adaptation: Buffer, payload: Buffer): Buffer {
    const counter = this.#counters.get(pid) ?? 0;
    this.#counters.set(pid, counter + 1);
    const missing = 184 - adaptation.length - payload.length;
    let field = adaptation;
    if (missing > 0) {
      field = Buffer.concat([
        adaptation.length > 0 ? adaptation : Buffer.alloc(Math.min(missing, 2)),
        Buffer.alloc(184, 0xff),
      ]);
      field = Buffer.from(field.subarray(0, 184 - payload.length));
      field[0] = field.length - 1;
    }
    const control = field.length > 0 ? 0x30 : 0x10;
    const header = Buffer.from([0x47, (first ? 0x40 : 0) | (pid >> 8), pid & 0xff, control | (counter & 15)]);
    return Buffer.concat([header, field, payload]);
  }

  /** PAT and PMT; mux.js does not look at the checksum. */
  tables(streams: readonly (readonly [type: number, pid: number])[]): Buffer {
    const pat = section([
      0x00,
      0xb0,
      13,
      0,
      1,
      0xc1,
      0,
      0,
      0,
      1,
      0xe0 | (PMT_PID >> 8),
      PMT_PID & 0xff,
      0,
      0,
      0,
      0,
    ]);
    const entries = streams.flatMap(([type, pid]) => [type, 0xe0 | (pid >> 8), pid & 0xff, 0xf0, 0]);
    const head = [0x02, 0xb0, 13 + entries.length, 0, 1, 0xc1, 0, 0, 0xe1, 0x00, 0xf0, 0];
    return Buffer.concat([
      this.packets(0, pat),
      this.packets(PMT_PID, section([...head, ...entries, 0, 0, 0, 0])),
    ]);
  }

  video(
    dts: number,
    options: { key?: boolean; pts?: number; pcr?: number | 'none'; sets?: boolean } = {},
  ): Buffer {
    const { key = false, pts = dts, pcr = dts, sets = key } = options;
    const nals = [Buffer.from([9, 0xf0]), ...(sets ? [SPS, PPS] : []), key ? IDR : SLICE];
    const unit = Buffer.concat(nals.flatMap((nal) => [Buffer.from([0, 0, 0, 1]), nal]));
    return this.packets(
      VIDEO_PID,
      Buffer.concat([pesHeader(0xe0, 0, pts, dts), unit]),
      pcr === 'none' ? undefined : pcr,
    );
  }

  /** ADTS frames of 44,100 Hz, mono. */
  audio(pts: number, frames = 1): Buffer {
    const frame = Buffer.from([0xff, 0xf1, 0x50, 0x40, 0x01, 0x7f, 0xfc, 0x21, 0x10, 0x04, 0x60]);
    const data = Buffer.concat(Array.from({ length: frames }, () => frame));
    return this.packets(AUDIO_PID, Buffer.concat([pesHeader(0xc0, data.length, pts), data]));
  }
}

function section(bytes: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from([0, ...bytes]), Buffer.alloc(184 - 1 - bytes.length, 0xff)]);
}

function pcrField(pcr: number): Buffer {
  const base = ((pcr % 2 ** 33) + 2 ** 33) % 2 ** 33;
  const field = Buffer.alloc(8);
  field[0] = 7;
  field[1] = 0x10;
  field.writeUInt32BE(Math.floor(base / 2), 2);
  field[6] = (base % 2) * 0x80 + 0x7e;
  return field;
}

function pesHeader(streamId: number, dataBytes: number, pts: number, dts?: number): Buffer {
  const times = [stamp(dts === undefined ? 2 : 3, pts), ...(dts === undefined ? [] : [stamp(1, dts)])];
  const fields = Buffer.concat(times);
  const size = dataBytes === 0 ? 0 : 3 + fields.length + dataBytes;
  const flags = dts === undefined ? 0x80 : 0xc0;
  return Buffer.concat([
    Buffer.from([0, 0, 1, streamId, size >> 8, size & 0xff, 0x80, flags, fields.length]),
    fields,
  ]);
}

function stamp(prefix: number, ticks: number): Buffer {
  const wire = BigInt(((ticks % 2 ** 33) + 2 ** 33) % 2 ** 33);
  const bits = (from: bigint, mask: bigint): number => Number((wire >> from) & mask);
  return Buffer.from([
    (prefix << 4) | (bits(30n, 7n) << 1) | 1,
    bits(22n, 255n),
    (bits(15n, 127n) << 1) | 1,
    bits(7n, 255n),
    (bits(0n, 127n) << 1) | 1,
  ]);
}
