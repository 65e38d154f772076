import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFlvFileMetadata, readFlvKeyframes } from '../../../../src/containers/flv/file-index.ts';
import type { Frame } from '../../../../src/media/frame.ts';
import { ticks } from '../../../../src/media/time.ts';
import { FlvFile } from '../../../../src/outputs/recorder/flv-file.ts';
import { Mp4File } from '../../../../src/outputs/recorder/mp4-file.ts';
import type { Muxer, RecordingFormat } from '../../../../src/outputs/recorder/muxer.ts';
import { repair } from '../../../../src/outputs/recorder/repair.ts';
import { AUDIO, inter, key, sound, VIDEO } from '../../../support/media.ts';
import { fragmentsOf, scratch, tagsOf } from './rig.ts';

/** Five packs of a second each, as they lie on the disk before the file is closed; and how it would have been closed. */
function file(format: RecordingFormat): { open: Buffer; closed: Buffer; muxer: Muxer } {
  const start = { tracks: { video: VIDEO, audio: AUDIO }, metadata: undefined, zero: ticks(0), keyPoints: 8 };
  const muxer = format === 'flv' ? new FlvFile(start) : new Mp4File(start);
  const parts = [muxer.begin()];
  for (let second = 0; second < 5; second++) {
    const frames: Frame[] = [];
    for (let at = second * 1_000; at < (second + 1) * 1_000; at += 200)
      frames.push(at % 1_000 === 0 ? key(at, { compositionMs: 80 }) : inter(at), sound(at));
    parts.push(muxer.pack(frames, second < 4 ? key((second + 1) * 1_000) : undefined));
  }
  const bytes = Buffer.concat(parts);
  const closed = Buffer.from(bytes);
  for (const patch of muxer.finish()) patch.bytes.copy(closed, patch.at);
  return { open: bytes, closed, muxer };
}

async function repaired(
  bytes: Buffer,
  format: RecordingFormat,
): Promise<{ bytes: Buffer; seconds: number; whole: number }> {
  const path = join(scratch(), 'file');
  await writeFile(path, bytes);
  const handle = await open(path, 'r+');
  const left = await repair(handle, format).finally(() => handle.close());
  return { bytes: readFileSync(path), seconds: left.seconds, whole: left.bytes };
}

for (const format of ['flv', 'mp4'] as const) {
  test(`${format}: a file that is whole but was not closed becomes what closing makes of it`, async () => {
    const made = file(format);
    const after = await repaired(made.open, format);
    assert.equal(after.bytes.length, made.closed.length, 'bytes');
    assert.ok(
      Math.abs(after.seconds - made.muxer.seconds) < 0.25,
      `${after.seconds} s, ${made.muxer.seconds} s`,
    );
    if (format === 'mp4') {
      assert.ok(after.bytes.equals(made.closed), 'the same bytes');
      return;
    }
    const index = (bytes: Buffer): unknown => readFlvKeyframes(tagsOf(bytes)[0]!.body);
    assert.deepEqual(index(after.bytes), index(made.closed), 'the same index');
    const facts = readFlvFileMetadata(tagsOf(after.bytes)[0]!.body);
    assert.equal(facts?.get('filesize'), after.bytes.length, 'filesize');
  });

  test(`${format}: again, nothing changes`, async () => {
    const once = await repaired(file(format).open, format);
    const twice = await repaired(once.bytes, format);
    assert.ok(twice.bytes.equals(once.bytes), 'the same bytes');
  });

  test(`${format}: cut anywhere, what is left is whole`, async () => {
    const { open: bytes } = file(format);
    let last = 0;
    for (let cut = 0; cut < bytes.length; cut += cut < 1_500 ? 97 : 31) {
      const after = await repaired(bytes.subarray(0, cut), format);
      if (after.whole === 0) {
        assert.equal(after.bytes.length, cut, `nothing to play in ${cut} bytes: left as it is`);
        continue;
      }
      assert.ok(after.bytes.length <= cut && after.bytes.length === after.whole, `cut at ${cut}`);
      assert.ok(after.seconds >= last, `${after.seconds} s at ${cut}`);
      last = after.seconds;
      assert.ok(
        (format === 'flv' ? tagsOf(after.bytes) : fragmentsOf(after.bytes)).length > 0,
        `readable, cut at ${cut}`,
      );
    }
    assert.ok(last > 3.5, `${last} s in the end`);
  });

  test(`${format}: rubbish behind the end, zeros of a lost power supply, is cut off`, async () => {
    const { open: bytes } = file(format);
    for (const tail of [Buffer.alloc(5_000), Buffer.alloc(5_000, 0xff), Buffer.from('moofmdat'.repeat(50))]) {
      const after = await repaired(Buffer.concat([bytes, tail]), format);
      assert.equal(after.bytes.length, bytes.length, 'as long as before');
    }
  });

  test(`${format}: what is none of ours is not touched`, async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('hello'),
      Buffer.alloc(100_000, 0x46),
      Buffer.from('FLV\x01\x05\0\0\0\x09\0\0\0\0'),
    ]) {
      const after = await repaired(bytes, format).catch(() => undefined);
      if (after) assert.ok(after.whole === 0 && after.bytes.equals(bytes), 'the same bytes');
    }
  });
}
