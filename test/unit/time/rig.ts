import assert from 'node:assert/strict';
import { FlvInput } from '../../../src/inputs/flv-input.ts';
import type { Frame } from '../../../src/media/frame.ts';
import { flvFormat } from '../../../src/outputs/flv/flv-format.ts';
import { frameInPlace } from '../../../src/outputs/flv/websocket-frame.ts';
import { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { rtmpFormat } from '../../../src/outputs/rtmp/rtmp-format.ts';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { MessageType } from '../../../src/protocols/rtmp/message.ts';
import type { Batch } from '../../../src/stream/batch.ts';
import type { Publication } from '../../../src/stream/publication.ts';
import { Stream } from '../../../src/stream/stream.ts';
import { Viewer, type ViewerEnd, type ViewerProtocol, type ViewerSink } from '../../../src/stream/viewer.ts';
import { seeTags } from '../../support/flv-tags.ts';
import { ASC_48K, AVCC_360P, hex } from '../../support/media.ts';
import { nameOf, publisherFrom } from '../../support/stage.ts';
import { playlist } from '../hls/harness.ts';
import { adtsFrames, audioOf, nalUnits, readTs, videoOf } from '../mpegts/ts-reader.ts';
import { chunks, setChunkSizeBytes } from '../rtmp/chunk-tools.ts';

/** 2026-11-22T00:00:00Z. */
export const NOON = Date.UTC(2026, 10, 22);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** A frame's number in letters that can be no start code, wherever a container puts it. */
const numbered = (number: number): Buffer => Buffer.from(String(number).padStart(8, '0'));
const numberIn = (bytes: Buffer, at: number): number => Number(bytes.toString('latin1', at, at + 8));

export function videoConfig(config: Uint8Array = AVCC_360P): Buffer {
  return Buffer.concat([hex('17 00 000000'), config]);
}

export function audioConfig(config: Uint8Array = ASC_48K): Buffer {
  return Buffer.concat([hex('af 00'), config]);
}

/** `compositionMs` is written as the signed 24 bits that it is. */
export function picture(number: number, isKey: boolean, compositionMs = 0): Buffer {
  const head = Buffer.from([isKey ? 0x17 : 0x27, 1, 0, 0, 0]);
  head.writeUIntBE(compositionMs < 0 ? compositionMs + 2 ** 24 : compositionMs, 2, 3);
  const slice = Buffer.concat([Buffer.of(isKey ? 0x65 : 0x41), numbered(number), Buffer.alloc(40, 0x55)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(slice.length);
  return Buffer.concat([head, length, slice]);
}

export function sound(number: number): Buffer {
  return Buffer.concat([hex('af 01'), numbered(number), Buffer.alloc(12, 0x21)]);
}

/** How an encoder cuts its messages: see {@link chunks}. */
export interface Chunking {
  readonly size: number;
  readonly repeat: boolean;
}

/** A frame as one of the viewers has it; times in ms. */
export interface SeenFrame {
  readonly kind: 'video' | 'audio';
  readonly number: number;
  readonly isKey: boolean;
  readonly at: number;
  /** Signed. */
  readonly compositionMs: number;
}

/**
 * An encoder's chunks at one end and every kind of viewer at the other, with all that is between them and nothing else:
 * no socket, and a clock that stands where it is put.
 */
export class Rig {
  /** The server's clock, ms since 1970. */
  clock = NOON;
  readonly stream = new Stream(nameOf('live/show'), {
    now: () => this.clock - NOON,
    clock: () => this.clock,
    batchMs: 0,
  });
  readonly frames: Frame[] = [];
  readonly #chunking: Chunking;
  publication!: Publication;
  input!: FlvInput;
  #reader = new ChunkReader();
  videos = 0;
  sounds = 0;

  constructor(chunking: Chunking = { size: 4096, repeat: true }) {
    this.#chunking = chunking;
    this.stream.attach({
      write: (frame) => this.frames.push(frame),
      flush: () => undefined,
      end: () => undefined,
    });
    this.publish();
  }

  /** Another encoder, or the same one anew. */
  publish(): void {
    this.publication = this.stream.publish(publisherFrom(), () => undefined);
    this.input = new FlvInput(this.publication);
    this.#reader = new ChunkReader();
    this.receive(setChunkSizeBytes(this.#chunking.size));
  }

  /** What one read from the encoder's socket brings. */
  receive(bytes: Uint8Array): void {
    this.#reader.push(bytes, ({ type, timestamp, body }) => {
      if (type === MessageType.video) this.input.video(timestamp, body);
      else if (type === MessageType.audio) this.input.audio(timestamp, body);
    });
    this.publication.flush();
  }

  /** A message with an absolute time, taken modulo 2^32. */
  send(kind: 'video' | 'audio', timestamp: number, body: Buffer): void {
    const type = kind === 'video' ? MessageType.video : MessageType.audio;
    const field = ((timestamp % 2 ** 32) + 2 ** 32) % 2 ** 32;
    const { size: chunkSize, repeat } = this.#chunking;
    this.receive(chunks({ csid: kind === 'video' ? 6 : 4, format: 0, field, type, body, chunkSize, repeat }));
  }

  configure(video: Uint8Array | false = AVCC_360P, audio: Uint8Array | false = ASC_48K, at = 0): this {
    if (video) this.send('video', at, videoConfig(video));
    if (audio) this.send('audio', at, audioConfig(audio));
    return this;
  }

  video(timestamp: number, isKey: boolean, compositionMs = 0): void {
    this.send('video', timestamp, picture(this.videos++, isKey, compositionMs));
  }

  audio(timestamp: number): void {
    this.send('audio', timestamp, sound(this.sounds++));
  }

  /**
   * So many pictures at 25 a second with their sound, from `from` on the encoder's clock: a key frame each second. Returns
   * the encoder's time behind it.
   */
  show(
    from: number,
    pictures: number,
    which: { video?: boolean; audio?: boolean; soundAt?: number } = {},
  ): number {
    const { video = true, audio = true, soundAt = from } = which;
    let said = 0;
    for (let count = 0; count < pictures; count++) {
      if (video) this.video(from + count * 40, count % 25 === 0);
      for (; audio && (said * 64) / 3 < (count + 1) * 40; said++)
        this.audio(soundAt + Math.floor((said * 64) / 3));
      this.clock += 40;
    }
    return from + pictures * 40;
  }

  watch(protocol: ViewerProtocol): Watcher {
    const watcher = new Watcher(protocol);
    this.stream.join(protocol === 'rtmp' ? RTMP : flvFormat, watcher.viewer, true);
    return watcher;
  }

  watchAll(): Watcher[] {
    return (['rtmp', 'http-flv', 'ws-flv'] as const).map((protocol) => this.watch(protocol));
  }

  /** Attached now: its numbers and time begin here. */
  hls(segmentSeconds = 1): HlsOutput {
    const hls = new HlsOutput({
      name: nameOf('live/show'),
      segmentSeconds,
      windowSegments: 10_000,
      container: 'ts',
      clock: () => this.clock,
    });
    this.stream.attach(hls);
    return hls;
  }
}

const CHUNK_SIZE = 4096;
const RTMP = rtmpFormat(1, CHUNK_SIZE, { audio: true, video: true });

/** A viewer who keeps all bytes and reads them by eyes of its own. */
class Watcher implements ViewerSink {
  readonly protocol: ViewerProtocol;
  readonly queuedBytes = 0;
  readonly viewer = new Viewer(this);
  readonly #buffers: Buffer[] = [];
  end: ViewerEnd | undefined;

  constructor(protocol: ViewerProtocol) {
    this.protocol = protocol;
  }

  write(batch: Batch): void {
    if (batch.bytes.length === 0) return;
    this.#buffers.push(
      this.protocol === 'ws-flv' ? withoutWebSocket(batch.wrapped(frameInPlace)) : batch.bytes,
    );
  }

  writeAll(batches: readonly Batch[]): void {
    for (const batch of batches) this.write(batch);
  }

  close(reason: ViewerEnd): void {
    this.end = reason;
  }

  /** Frames without configurations. */
  get seen(): SeenFrame[] {
    const bytes = Buffer.concat(this.#buffers);
    const raw = this.protocol === 'rtmp' ? messagesIn(bytes) : seeTags(bytes.subarray(13));
    return raw.flatMap(({ type, timestamp, body }) => {
      assert.ok(timestamp >= 0 && timestamp < 2 ** 31, `${this.protocol} was given ${timestamp}`);
      if (body[1] !== 1 || (type !== 8 && type !== 9)) return [];
      const isVideo = type === 9;
      return {
        kind: isVideo ? ('video' as const) : ('audio' as const),
        number: numberIn(Buffer.from(body), isVideo ? 10 : 2),
        isKey: isVideo && body[0] === 0x17,
        at: timestamp,
        compositionMs: isVideo ? (Buffer.from(body).readUIntBE(2, 3) << 8) >> 8 : 0,
      };
    });
  }

  of(kind: 'video' | 'audio'): SeenFrame[] {
    return this.seen.filter((frame) => frame.kind === kind);
  }
}

function messagesIn(bytes: Buffer): { type: number; timestamp: number; body: Uint8Array }[] {
  const messages: { type: number; timestamp: number; body: Uint8Array }[] = [];
  const reader = new ChunkReader();
  reader.push(setChunkSizeBytes(CHUNK_SIZE), () => undefined);
  reader.push(bytes, (message) => messages.push(message));
  return messages;
}

function withoutWebSocket(frame: Buffer): Buffer {
  assert.equal(frame[0], 0x82, 'a binary frame');
  const [header, length] =
    frame[1]! < 126
      ? [2, frame[1]!]
      : frame[1] === 126
        ? [4, frame.readUInt16BE(2)]
        : [10, Number(frame.readBigUInt64BE(2))];
  assert.equal(frame.length, header + length, 'one whole WebSocket frame');
  return frame.subarray(header);
}

/** Times in ticks, counted on over the wraps. */
export interface HlsSegment {
  readonly seconds: number;
  readonly discontinuity: boolean;
  /** EXT-X-PROGRAM-DATE-TIME, ms. */
  readonly date: number;
  readonly video: {
    readonly number: number;
    readonly isKey: boolean;
    readonly dts: number;
    readonly pts: number;
  }[];
  /** One for each PES packet. */
  readonly audio: { readonly numbers: number[]; readonly pts: number }[];
  readonly pcrs: number[];
}

export interface HlsRead {
  readonly targetDuration: number;
  readonly segments: HlsSegment[];
}

const WRAP = 2 ** 33;

/** The value nearest to `near` that is `time` modulo 2^33. */
function unwrap(time: number, near: number): number {
  return time + Math.round((near - time) / WRAP) * WRAP;
}

/** The whole playlist, as a player has it. */
export function readHls(hls: HlsOutput): HlsRead {
  const text = playlist(hls);
  let near: number | undefined;
  const segments = text.segments.map((segment) => {
    const file = readTs(hls.file(segment.uri)!.bytes);
    const on = (time: number): number => (near = unwrap(time, near ?? time));
    return {
      seconds: segment.seconds,
      discontinuity: segment.discontinuity,
      date: segment.at,
      video: videoOf(file).map((unit) => {
        const slice = nalUnits(unit.payload).at(-1)!;
        return {
          number: numberIn(slice, 1),
          isKey: slice[0] === 0x65,
          dts: on(unit.dts),
          pts: unwrap(unit.pts, near!),
        };
      }),
      audio: audioOf(file).map((unit) => ({
        numbers: adtsFrames(unit.payload).map((frame) => numberIn(frame, 0)),
        pts: on(unit.pts),
      })),
      pcrs: file.packets.flatMap(({ pcr }) => (pcr === undefined ? [] : [on(pcr)])),
    };
  });
  return { targetDuration: text.targetDuration, segments };
}

/** What every player needs, whatever the encoder did. */
export function assertPlayable({ targetDuration, segments }: HlsRead, lengths = true): void {
  assert.ok(segments.length > 0, 'there is something to play');
  let lastVideo = -Infinity;
  let lastAudio = -Infinity;
  let lastPcr: number | undefined;
  segments.forEach((segment, index) => {
    const where = `segment ${index}`;
    assert.ok(segment.seconds > 0, `${where} lasts ${segment.seconds} s`);
    assert.ok(
      Math.round(segment.seconds) <= targetDuration,
      `${where}: ${segment.seconds} of ${targetDuration} s`,
    );
    for (const { dts, pts } of segment.video) {
      assert.ok(dts > lastVideo, `${where}: picture at ${dts} after ${lastVideo}`);
      assert.ok(pts >= dts, `${where}: shown at ${pts}, decoded at ${dts}`);
      lastVideo = dts;
    }
    for (const { pts } of segment.audio) {
      assert.ok(pts > lastAudio, `${where}: sound at ${pts} after ${lastAudio}`);
      lastAudio = pts;
    }
    assert.ok(segment.pcrs.length > 0, `${where} has a clock`);
    if (segment.discontinuity) lastPcr = undefined;
    for (const pcr of segment.pcrs) {
      const gap = pcr - (lastPcr ?? pcr - 1);
      assert.ok(gap > 0 && gap <= 9000, `${where}: clock at ${pcr} after ${lastPcr}`);
      lastPcr = pcr;
    }
    const next = segments[index + 1];
    if (!lengths || !next || next.discontinuity || !segment.video[0] || !next.video[0]) return;
    const span = (next.video[0].dts - segment.video[0].dts) / 90_000;
    assert.ok(
      Math.abs(segment.seconds - span) < 0.0001,
      `${where}: EXTINF ${segment.seconds}, media ${span}`,
    );
  });
}

/** The same frames, each once and in order, at every viewer, and no step in time larger than `most` ms. */
export function assertEven(watchers: readonly Watcher[], most: { video: number; audio: number }): void {
  for (const watcher of watchers) {
    for (const kind of ['video', 'audio'] as const) {
      const frames = watcher.of(kind);
      assert.ok(frames.length > 10, `${watcher.protocol} got ${frames.length} frames of ${kind}`);
      frames.reduce((last, frame) => {
        const where = `${watcher.protocol}: ${kind} ${frame.number} at ${frame.at}, ${last.number} at ${last.at}`;
        assert.equal(frame.number, last.number + 1, where);
        assert.ok(frame.at >= last.at && frame.at - last.at <= most[kind], where);
        return frame;
      });
    }
  }
}

/** Numbers of the frames in all segments, in order. */
export const numbersOf = ({ segments }: HlsRead, kind: 'video' | 'audio'): number[] =>
  segments.flatMap((segment) =>
    kind === 'video'
      ? segment.video.map(({ number }) => number)
      : segment.audio.flatMap(({ numbers }) => numbers),
  );

export const discontinuities = ({ segments }: HlsRead): number =>
  segments.filter(({ discontinuity }) => discontinuity).length;

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);
