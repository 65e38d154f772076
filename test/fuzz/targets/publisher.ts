import assert from 'node:assert/strict';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import { FlvInput } from '../../../src/inputs/flv-input.ts';
import { UnsupportedCodecError } from '../../../src/inputs/unsupported.ts';
import { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { flvFormat } from '../../../src/outputs/flv/flv-format.ts';
import { frameInPlace } from '../../../src/outputs/flv/websocket-frame.ts';
import { rtmpFormat } from '../../../src/outputs/rtmp/rtmp-format.ts';
import type { Publication } from '../../../src/stream/publication.ts';
import { Stream } from '../../../src/stream/stream.ts';
import { Viewer } from '../../../src/stream/viewer.ts';
import type { WireFormat } from '../../../src/stream/wire-format.ts';
import { ENHANCED_BODIES } from '../../support/enhanced-bodies.ts';
import { RecordingSink } from '../../support/recording-sink.ts';
import { nameOf, publisherFrom } from '../../support/stage.ts';
import { AVCC_720P, hex } from '../../support/media.ts';
import { Choices } from '../engine/choices.ts';
import { outcome, type Target } from '../engine/target.ts';
import { BODIES, demoTags } from './flv.ts';
import { checkFlv, checkHls, checkRtmp } from './outputs.ts';

const NAME = 'live/show';
/** More messages than this in one input only repeat what fewer can do. */
const MOST_MESSAGES = 120;
/** Of a body made of one byte value. */
const BODY_SIZES = [0, 1, 2, 5, 6, 300, 8184, 8185, 8200, 65_535, 65_536, 70_000] as const;
const STEPS_MS = [
  0,
  1,
  20,
  23,
  33,
  40,
  500,
  2000,
  5000,
  10_001,
  65_000,
  3_600_000,
  2 ** 31 - 1,
  -1,
  -20,
  -1500,
  -3_600_000,
];

/**
 * What leaves may be this many times what came, and so much beside. One byte of media costs a packet of 188 bytes and, at the
 * most, the clock references of 9 s (100 packets) and the parameter sets (16 KiB), in HLS alone.
 */
const OUT_PER_MESSAGE = 64 * 1024;

const META = hex('02 000a 6f6e4d65746144617461');

const TEMPLATES: readonly Buffer[] = [
  ...BODIES,
  Buffer.concat([hex('17 00 000000'), AVCC_720P]),
  hex('af 00 1210'),
  hex('af 00 2b920800'),
  hex('af 00 1100 0400 0c00 00'),
  hex('af 00 17 80 00 00 03 e8 90'),
  hex('17 01 fffff6 00000001 67640028 00000001'),
  hex('27 01 7fffff 00000003 419a00'),
  hex('27 01 800000 00000003 419a00'),
  encodeAmf0(
    'onMetaData',
    AmfObject.of({ width: 1, duration: 5, encoder: 'x', deep: [AmfObject.of({ a: 1 })] }),
  ),
  encodeAmf0('onTextData', 'x'),
  // What a name, a depth and a size can grow to when metadata are written again for each viewer.
  Buffer.concat([META, hex('03 0190'), Buffer.alloc(400, 0xff), hex('05 000009')]),
  Buffer.concat([META, hex('08 00000002 0001 61'), Buffer.from('0300016b'.repeat(20), 'hex'), hex('05')]),
  Buffer.concat([
    META,
    hex('0a 00000004 03 0001 61 02 0010'),
    Buffer.alloc(16, 65),
    hex('000009 070001 070001 070001'),
  ]),
  ...ENHANCED_BODIES,
];

interface Message {
  readonly kind: 'video' | 'audio' | 'data';
  readonly timestamp: number;
  readonly body: Buffer;
}

type Step = Message | { readonly kind: 'join' | 'republish' | 'grace'; readonly which: number };

function stepsOf(choices: Choices): Step[] {
  const steps: Step[] = [];
  let clock = choices.pick([0, 0, 1000, 0x7fffff00, 0xffffff00]);
  while (choices.left > 0 && steps.length < MOST_MESSAGES) {
    const kind = choices.below(16);
    if (kind >= 13) {
      steps.push({ kind: (['join', 'republish', 'grace'] as const)[kind - 13]!, which: choices.u8() });
      continue;
    }
    clock = (clock + choices.pick(STEPS_MS)) >>> 0;
    const body = bodyFrom(choices);
    const claimed = kind > 10 ? (['video', 'audio', 'data'] as const)[kind % 3]! : kindOf(body);
    steps.push({ kind: claimed, timestamp: clock, body });
  }
  return steps;
}

/** As it is made, changed in one place, or anything. */
function bodyFrom(choices: Choices): Buffer {
  const how = choices.below(8);
  if (how === 0) return choices.run();
  if (how === 1) {
    const head = choices.pick(['1701000000', '2701000000', 'af01', 'af00', '1700000000']);
    return Buffer.concat([Buffer.from(head, 'hex'), choices.run()]);
  }
  if (how === 2) {
    const head = choices.pick(['170100000000', 'af01', '1701000000']);
    return Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(choices.pick(BODY_SIZES), choices.u8())]);
  }
  const body = Buffer.from(choices.pick(TEMPLATES));
  if (how === 3) body[choices.below(body.length)] = choices.u8();
  return how === 4 ? body.subarray(0, choices.below(body.length + 1)) : body;
}

function kindOf(body: Buffer): Message['kind'] {
  const first = body[0] ?? 0;
  if (first >> 4 === 10 || first === 0x2f) return 'audio';
  // Of Enhanced RTMP a message's first byte may be either's.
  if (first >> 4 === 9 && /mp4a|Opus|fLaC|ac-3|ec-3|mp3/.test(body.toString('latin1', 0, 16))) return 'audio';
  return first === 2 ? 'data' : 'video';
}

const FORMATS: readonly WireFormat[] = [
  flvFormat,
  rtmpFormat(1, 60_000, { audio: true, video: true }),
  rtmpFormat(1, 128, { audio: true, video: false }),
];

class Show {
  readonly stream: Stream;
  readonly hls: HlsOutput;
  readonly viewers: { readonly format: WireFormat; readonly sink: RecordingSink }[] = [];
  #now = 0;
  #publication: Publication;
  #input: FlvInput;

  constructor(batchMs: number) {
    const now = (): number => this.#now;
    this.stream = new Stream(nameOf(NAME), { now, clock: now, batchMs });
    this.hls = new HlsOutput({
      name: nameOf(NAME),
      segmentSeconds: 2,
      windowSegments: 6,
      container: 'ts',
      clock: () => Date.UTC(2026, 10, 22) + this.#now,
    });
    this.stream.attach(this.hls);
    this.#publication = this.stream.publish(publisherFrom(), () => undefined);
    this.#input = new FlvInput(this.#publication);
  }

  play(step: Step): void {
    this.#now += 20;
    switch (step.kind) {
      case 'join':
        return this.#join(step.which);
      case 'grace':
        return this.#publication.release('gone');
      case 'republish':
        this.#publication = this.stream.publish(publisherFrom(), () => undefined);
        this.#input = new FlvInput(this.#publication);
        return;
      default:
        this.#take(step);
    }
  }

  #take({ kind, timestamp, body }: Message): void {
    outcome([UnsupportedCodecError], () => {
      if (kind === 'data') this.#input.data(body);
      else this.#input[kind](timestamp, body);
    });
    this.#publication.flush();
  }

  #join(which: number): void {
    const sink = new RecordingSink();
    const format = FORMATS[which % FORMATS.length]!;
    this.viewers.push({ format, sink });
    this.stream.join(format, new Viewer(sink), which < 128);
  }
}

export const publisher: Target = {
  name: 'publisher',
  holds:
    'a publisher: nothing it sends throws out of the gateway, and what FLV, WebSocket, RTMP and HLS viewers get is well-formed, in order and bounded',
  maxBytes: 2048,
  deadlineMs: 500,
  seeds: () => {
    const body = (which: number): number[] => [0, 6, 7, which];
    const plain = [0, 13, 0, 13, 1, ...body(0), ...body(5)];
    for (let index = 0; index < 8; index++) plain.push(...body(index === 0 ? 1 : 2), 0, 2, 7, 6);
    const real = demoTags(200).flatMap(({ body: bytes }) => [0, 5, 0, bytes.length, ...bytes]);
    return [
      Buffer.from([0, ...plain]),
      Buffer.from([1, ...plain, 14, 0, ...plain.slice(5), 15, 0]),
      Buffer.from([0, 3, 13, 0, ...real]),
      Buffer.from([0, 0, ...body(5), 13, 0, ...Array.from({ length: 20 }, () => [0, 6, 7, 6]).flat()]),
      Buffer.from([0, 0, ...body(14), ...body(0), 13, 0, 0, 8, 7, 1, 0, 8, 7, 6, 0, 8, 7, 1, 0, 8, 7, 6]),
    ];
  },
  run(bytes) {
    const choices = new Choices(bytes);
    const show = new Show(choices.pick([0, 0, 350]));
    const steps = stepsOf(choices);
    let received = 0;
    for (const step of steps) {
      show.play(step);
      if ('body' in step) received += step.body.length;
    }
    show.stream.end('stream ended');
    const most = 400 * received + OUT_PER_MESSAGE * (steps.length + 1);
    assert.ok(
      show.hls.facts().bytesHeld <= most,
      `${received} bytes came, HLS holds ${show.hls.facts().bytesHeld}`,
    );
    checkHls(show.hls);
    for (const { format, sink } of show.viewers) {
      const out = Buffer.concat(sink.buffers);
      assert.ok(
        out.length <= 3 * received + OUT_PER_MESSAGE * (steps.length + 1),
        `a viewer got ${out.length}`,
      );
      if (format === flvFormat) checkFlv(out);
      else checkRtmp(out, format === FORMATS[1] ? 60_000 : 128);
    }
  },
};

export const webSocketFrame: Target = {
  name: 'websocket-frame',
  holds: 'WebSocket frames we make: a reader of its own gets the payload back, whatever its length',
  maxBytes: 64,
  deadlineMs: 50,
  seeds: () => [hex('0001 01'), hex('007d 02'), hex('007e 03'), hex('ffff 04')],
  run(bytes) {
    const choices = new Choices(bytes);
    const length = choices.u16() + choices.below(3);
    const room = Buffer.alloc(flvFormat.headroom + length, choices.u8());
    const frame = frameInPlace(room, flvFormat.headroom);
    assert.equal(frame[0], 0x82, 'final, binary');
    const short = frame[1]!;
    assert.ok(short < 128, 'not masked');
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    const said =
      short < 126 ? short : short === 126 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2));
    assert.equal(said, length, 'the length');
    assert.equal(frame.length, head + length, 'header and payload, nothing else');
    const least = said < 126 ? 2 : said < 0x10000 ? 4 : 10;
    assert.equal(head, least, 'the shortest form (RFC 6455 §5.2)');
  },
};
