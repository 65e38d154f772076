import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfError } from '../../../src/amf/errors.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import { readAudioBody } from '../../../src/containers/flv/audio.ts';
import { readColorInfo } from '../../../src/containers/flv/color-info.ts';
import { flvFileHeader } from '../../../src/containers/flv/file-header.ts';
import type { AudioPart, VideoPart } from '../../../src/containers/flv/parts.ts';
import { FlvError, FlvReader, type FlvTag } from '../../../src/containers/flv/reader.ts';
import type { TAG_VIDEO } from '../../../src/containers/flv/tag.ts';
import { tagBytes, writeTag } from '../../../src/containers/flv/tag.ts';
import { readVideoBody } from '../../../src/containers/flv/video.ts';
import { ASC_48K, AVCC_360P, hex, IDR, SLICE } from '../../support/media.ts';
import { COLOR_INFO, ENHANCED_BODIES } from '../../support/enhanced-bodies.ts';
import { cuts, outcome, type Target } from '../engine/target.ts';

const DEMO = join(process.cwd(), 'assets/demo.flv');
const DEMO_HEAD_TAGS = 12;

/** The first tags of a real file, bodies cut to a size that a fuzzer can work on. */
export function demoTags(mostBytes = 256): FlvTag[] {
  const tags: FlvTag[] = [];
  new FlvReader().push(readFileSync(DEMO).subarray(0, 65_536), (tag) => tags.push(tag));
  return tags.slice(0, DEMO_HEAD_TAGS).map((tag) => ({ ...tag, body: tag.body.subarray(0, mostBytes) }));
}

export function flvOf(tags: readonly FlvTag[]): Buffer {
  const parts: Buffer[] = [flvFileHeader({ video: true, audio: true })];
  for (const { type, timestamp, body } of tags) {
    const out = Buffer.alloc(tagBytes(body.length));
    writeTag(out, 0, { type: type as typeof TAG_VIDEO, timestamp, head: Buffer.alloc(0), payload: body });
    parts.push(out);
  }
  return Buffer.concat(parts);
}

function readTags(pieces: readonly Buffer[]): {
  tags: FlvTag[];
  unread: number;
  refusal: string | undefined;
} {
  const reader = new FlvReader();
  const tags: FlvTag[] = [];
  const done = outcome([FlvError], () => {
    for (const piece of pieces) reader.push(piece, (tag) => tags.push(tag));
  });
  if ('error' in done) return { tags, unread: 0, refusal: done.error.message };
  return { tags, unread: reader.unread, refusal: undefined };
}

export const flv: Target = {
  name: 'flv',
  holds:
    'FLV: any bytes are read or refused with an FlvError, the same however they are cut, and tags written again read the same',
  maxBytes: 65_536,
  deadlineMs: 60,
  seeds: () => [
    flvOf(demoTags()),
    flvOf(demoTags().slice(0, 3)),
    flvFileHeader({ video: false, audio: true }),
  ],
  words: ['FLV', hex('00000009'), hex('0000000b'), hex('000000'), hex('ffffff')],
  run(bytes) {
    const [whole, ...others] = cuts(bytes).map(readTags);
    const { tags, unread } = whole!;
    const total = tags.reduce((sum, tag) => sum + tag.body.length, unread);
    assert.ok(total <= bytes.length, 'bodies are made of bytes that came');
    for (const other of others) assert.deepEqual(other, whole, 'cut otherwise, it reads otherwise');
    const again = readTags([flvOf(tags)]);
    assert.equal(again.refusal, undefined, 'what we write is read');
    assert.deepEqual(again.tags, tags, 'and is the same');
  },
};

/** One tag body of each kind that encoders send. */
export const BODIES: readonly Buffer[] = [
  Buffer.concat([hex('17 00 000000'), AVCC_360P]),
  Buffer.concat([hex('17 01 000000'), IDR]),
  Buffer.concat([hex('27 01 000028'), SLICE]),
  hex('17 02 000000'),
  hex('57 00'),
  Buffer.concat([hex('af 00'), ASC_48K]),
  hex('af 01 21 00 49 90 02 19 00 23 80'),
  hex('9c 68766331 00 00'),
  hex('1c 00 000000 01'),
  hex('9f 01 4f707573'),
  hex('2f fffb9064'),
];

export const flvBodies: Target = {
  name: 'flv-bodies',
  holds:
    'FLV tag bodies: nothing makes them throw, data are views of the body, names of codecs are plain and short, no track is there twice',
  maxBytes: 65_536,
  deadlineMs: 20,
  seeds: () => [...BODIES, ...ENHANCED_BODIES],
  run(bytes) {
    for (const body of [readVideoBody(bytes), readAudioBody(bytes)]) {
      if (body.kind !== 'tracks') {
        checkPart(body, bytes);
        continue;
      }
      for (const part of body.parts) checkPart(part, bytes);
      const tracks = body.parts.flatMap((part) => ('track' in part ? [part.track] : []));
      assert.equal(new Set(tracks).size, tracks.length, 'each track once');
      assert.ok(body.parts.filter(({ kind }) => kind === 'damaged').length <= 256, 'told once each');
    }
  },
};

function checkPart(part: VideoPart | AudioPart, bytes: Uint8Array): void {
  if ('track' in part) assert.ok(part.track >= 0 && part.track <= 255, `track ${part.track}`);
  if (part.kind === 'unsupported') assert.match(part.codec, /^[\x20-\x7e]{1,60}$/, 'fit for a log line');
  if ('data' in part) {
    assert.ok(part.data.buffer === bytes.buffer, 'a view');
    assert.ok(part.data.length < bytes.length, 'of what is behind the head');
  }
  if (part.kind !== 'frame') return;
  assert.ok(part.data.length > 0, 'not empty');
  assert.ok(part.nanos >= 0 && part.nanos < 1_000_000, `${part.nanos} ns`);
  if ('compositionMs' in part)
    assert.ok(Math.abs(part.compositionMs) <= 0x800000, `${part.compositionMs} ms`);
}

/** Whatever the bytes, colours are within their ranges, or not told. */
export const flvColors: Target = {
  name: 'flv-colors',
  holds:
    'colour metadata: any bytes are read or refused with an AmfError, and no number is outside its range',
  maxBytes: 4096,
  deadlineMs: 20,
  seeds: () => [COLOR_INFO, encodeAmf0('colorInfo', undefined), encodeAmf0('colorInfo', AmfObject.of({}))],
  run(bytes) {
    outcome([AmfError], () => {
      const color = readColorInfo(bytes)?.color;
      if (!color) return;
      for (const point of [color.primaries, color.transfer, color.matrix])
        assert.ok(Number.isInteger(point) && point >= 0 && point <= 255, `code point ${point}`);
      const { red, green, blue, white } = color.mastering ?? {};
      for (const at of [red, green, blue, white])
        assert.ok(at === undefined || (at.x >= 0 && at.x <= 1 && at.y >= 0 && at.y <= 1), 'a chromaticity');
    });
  },
};
