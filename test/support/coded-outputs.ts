import assert from 'node:assert/strict';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import type { Outgoing } from './enhanced-publisher.ts';
import { fetchSegment, lookAtHls } from './hls-look.ts';
import type { TestGateway } from './gateway.ts';

/** What came out of a gateway, as frames to be compared with those of a clip: read without any code of the gateway's own. */

interface Body {
  readonly type: number;
  readonly body: Uint8Array;
}

export interface SeenFrames {
  readonly video: readonly Buffer[];
  readonly audio: readonly Buffer[];
}

const VIDEO = 9;
const AUDIO = 8;
/** FourCCs behind which a coded frame has a composition offset, where its packet type is 1. */
const WITH_OFFSET = new Set(['avc1', 'hvc1']);
/** Codec ids of FLV 10.1 (and 12 of the China convention) whose body has a packet type and an offset in it. */
const LEGACY_VIDEO = new Set([7, 12]);
const SOUND_AAC = 10;
const SOUND_MP3 = new Set([2, 14]);

/** Frames of FLV tags or RTMP messages, in order; configurations, ends and metadata left out. */
export function framesIn(messages: readonly Body[]): SeenFrames {
  const of = (type: number, read: (body: Buffer) => Buffer | undefined): Buffer[] =>
    messages
      .filter((message) => message.type === type)
      .map(({ body }) => read(Buffer.from(body.buffer, body.byteOffset, body.length)))
      .filter((frame) => frame !== undefined);
  return { video: of(VIDEO, pictureIn), audio: of(AUDIO, soundIn) };
}

function pictureIn(body: Buffer): Buffer | undefined {
  const first = body[0]!;
  if (first < 0x80) {
    assert.ok(LEGACY_VIDEO.has(first & 15), `codec id ${first & 15}`);
    return body[1] === 1 ? body.subarray(5) : undefined;
  }
  const type = first & 15;
  const hasOffset = type === 1 && WITH_OFFSET.has(body.toString('latin1', 1, 5));
  return type === 1 || type === 3 ? body.subarray(hasOffset ? 8 : 5) : undefined;
}

function soundIn(body: Buffer): Buffer | undefined {
  const format = body[0]! >> 4;
  if (format === SOUND_AAC) return body[1] === 1 ? body.subarray(2) : undefined;
  if (SOUND_MP3.has(format)) return body.subarray(1);
  assert.equal(format, 9, 'sound format');
  return (body[0]! & 15) === 1 ? body.subarray(5) : undefined;
}

/** All of a media playlist, one file behind the other: the initialization segment first, where there is one. */
export async function wholeHls(test: TestGateway, path: string, file = 'media.m3u8'): Promise<Buffer> {
  const { text, names } = await lookAtHls(test, path, file);
  const map = /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1];
  const files = await Promise.all(
    [...(map === undefined ? [] : [map]), ...names].map((name) => fetchSegment(test, path, name)),
  );
  return Buffer.concat(files);
}

/** Frames of an MP4 file by mediabunny, which is not of this house, and its names of the codecs. */
export async function framesByMediabunny(bytes: Buffer): Promise<SeenFrames & { readonly codecs: string[] }> {
  const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  const seen = { video: [] as Buffer[], audio: [] as Buffer[], codecs: [] as string[] };
  for (const track of await input.getTracks()) {
    seen.codecs.push(String(await track.getCodec()));
    const frames = track.isVideoTrack() ? seen.video : seen.audio;
    const sink = new EncodedPacketSink(track);
    for await (const packet of sink.packets()) frames.push(Buffer.from(packet.data));
  }
  return seen;
}

/**
 * For the publisher's `tamper`: HEVC by codec id 12 and MP3 by sound format 2, as both travelled before Enhanced RTMP.
 * What it does not know stays as it is.
 */
export function asBefore(message: Outgoing): Outgoing[] {
  const { body } = message;
  const fourCc = body.toString('latin1', 1, 5);
  if (fourCc === '.mp3')
    return [{ ...message, body: Buffer.concat([Buffer.from([0x2f]), body.subarray(5)]) }];
  const type = body[0]! & 15;
  if (fourCc !== 'hvc1' || (type !== 0 && type !== 1 && type !== 3)) return [message];
  const frameType = (body[0]! >> 4) & 7;
  const head = Buffer.from([(frameType << 4) | 12, type === 0 ? 0 : 1]);
  const offset = type === 1 ? body.subarray(5, 8) : Buffer.alloc(3);
  return [{ ...message, body: Buffer.concat([head, offset, body.subarray(type === 1 ? 8 : 5)]) }];
}
