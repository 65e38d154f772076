import { FlvInput } from '../../../src/inputs/flv-input.ts';
import type { VideoTrack } from '../../../src/media/track.ts';
import { flvFormat } from '../../../src/outputs/flv/flv-format.ts';
import { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { rtmpFormat } from '../../../src/outputs/rtmp/rtmp-format.ts';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { OUT_CHUNK_SIZE } from '../../../src/protocols/rtmp/message.ts';
import { seeTags } from '../../support/flv-tags.ts';
import { hex } from '../../support/media.ts';
import { Stage, type Watched } from '../../support/stage.ts';
import { playlist, type Playlist } from '../hls/harness.ts';
import { nalUnits, readTs, videoOf, type TsFile } from '../mpegts/ts-reader.ts';

/** What one viewer got: types 8, 9 and 18, and bodies. */
export interface Got {
  readonly type: number;
  readonly timestamp: number;
  readonly body: Buffer;
}

/** A publisher's messages on one side; a viewer of FLV, a player of RTMP and HLS on the other. All real but the sockets. */
export class TrackRig {
  readonly stage = new Stage();
  readonly input: FlvInput;
  readonly hls: HlsOutput;
  /** What the log was told. */
  readonly noticed: string[] = [];
  readonly #flv: Watched;
  readonly #rtmp: Watched;

  constructor(segmentSeconds = 1) {
    const { stream } = this.stage;
    const { now } = this.stage.time;
    this.hls = new HlsOutput({
      name: stream.name,
      segmentSeconds,
      windowSegments: 100,
      clock: now,
      container: 'ts',
    });
    stream.attach(this.hls);
    this.#flv = this.stage.join(flvFormat);
    this.#rtmp = this.stage.join(rtmpFormat(1, OUT_CHUNK_SIZE, { audio: true, video: true }));
    this.input = new FlvInput(this.stage.publication, (text) => this.noticed.push(text));
  }

  video(ms: number, body: Uint8Array): void {
    this.input.video(ms >>> 0, body);
    this.stage.publication.flush();
  }

  audio(ms: number, body: Uint8Array): void {
    this.input.audio(ms >>> 0, body);
    this.stage.publication.flush();
  }

  /** Nothing more comes: what is held is passed on. */
  end(): void {
    this.stage.stream.end('stream ended');
  }

  get flv(): Got[] {
    return seeTags(Buffer.concat(this.#flv.sink.buffers).subarray(13));
  }

  get rtmp(): Got[] {
    const got: Got[] = [];
    new ChunkReader().push(Buffer.concat(this.#rtmp.sink.buffers), ({ type, timestamp, body }) =>
      got.push({ type, timestamp, body: Buffer.from(body) }),
    );
    return got;
  }

  get playlist(): Playlist {
    return playlist(this.hls);
  }

  get segments(): TsFile[] {
    return this.playlist.segments.map(({ uri }) => readTs(Buffer.from(this.hls.file(uri)!.bytes)));
  }

  /** The NAL units of each access unit, segment by segment. */
  get accessUnits(): Buffer[][][] {
    return this.segments.map((file) => videoOf(file).map(({ payload }) => nalUnits(payload)));
  }

  /** What the API tells of the picture. */
  get track(): VideoTrack | undefined {
    return this.stage.stream.facts.tracks.video;
  }
}

export const configs = (got: readonly Got[], type: 8 | 9): Buffer[] =>
  got
    .filter((one) => one.type === type && one.body[1] === 0)
    .map(({ body }) => body.subarray(type === 9 ? 5 : 2));
export const frames = (got: readonly Got[], type: 8 | 9): Got[] =>
  got.filter((one) => one.type === type && one.body[1] === 1);

export const videoConfig = (record: Uint8Array): Buffer => Buffer.concat([hex('17 00 000000'), record]);
export const audioConfig = (config: Uint8Array): Buffer => Buffer.concat([hex('af 00'), config]);

/** A video message of whole NAL units, with length prefixes of `size` bytes. */
export function pictures(isKey: boolean, units: readonly Uint8Array[], size = 4): Buffer {
  const parts = units.flatMap((unit) => {
    const length = Buffer.alloc(size);
    length.writeUIntBE(unit.length, 0, size);
    return [length, unit];
  });
  return Buffer.concat([hex(isKey ? '17 01 000000' : '27 01 000000'), ...parts]);
}

/** The same in Annex B, with start codes of 3 and 4 bytes by turns. */
export function annexB(isKey: boolean, units: readonly Uint8Array[]): Buffer {
  const parts = units.flatMap((unit, index) => [hex(index % 2 ? '000001' : '00000001'), unit]);
  return Buffer.concat([hex(isKey ? '17 01 000000' : '27 01 000000'), ...parts]);
}

let serial = 0;
/** A slice of picture parameter set 0, each one different. */
export function slice(type: 1 | 5, bytes = 20): Buffer {
  const unit = Buffer.alloc(bytes, 0x5a);
  unit.set(type === 5 ? [0x65, 0x88, 0x84] : [0x41, 0x9a, 0x02]);
  unit.writeUInt16BE(0x0101 + (serial++ % 0x7000), bytes - 3);
  return unit;
}

/** Parameter sets of a record as it stands in `test/support/media.ts`: one of each. */
export function setsOf(record: Buffer): { sps: Buffer; pps: Buffer } {
  const end = 8 + record.readUInt16BE(6);
  return {
    sps: record.subarray(8, end),
    pps: record.subarray(end + 3, end + 3 + record.readUInt16BE(end + 1)),
  };
}

/** The same unit with other ids: `codes` counts how many Exp-Golomb codes of 0 stand after `before` bytes. */
export function withIds(set: Buffer, before: number, codes: number): Buffer {
  const plain = set
    .toString('hex')
    .match(/../g)!
    .map((byte) => parseInt(byte, 16));
  const bytes = plain.filter((byte, at) => !(byte === 3 && plain[at - 1] === 0 && plain[at - 2] === 0));
  const head = bytes.slice(0, before);
  const bits = bytes
    .slice(before)
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const moved = '010'.repeat(codes) + bits.slice(codes); // 1 in place of 0
  const out = [...head, ...moved.match(/.{1,8}/g)!.map((part) => parseInt(part.padEnd(8, '0'), 2))];
  const escaped: number[] = [];
  for (const byte of out) {
    if (byte <= 3 && escaped.at(-1) === 0 && escaped.at(-2) === 0) escaped.push(3);
    escaped.push(byte);
  }
  while (escaped.at(-1) === 0) escaped.pop();
  return Buffer.from(escaped);
}
