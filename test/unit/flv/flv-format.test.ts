import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { AmfObject, type AmfValue } from '../../../src/amf/value.ts';
import type { Frame } from '../../../src/media/frame.ts';
import { ms } from '../../../src/media/time.ts';
import { flvFormat } from '../../../src/outputs/flv/flv-format.ts';
import { viewerMetadata } from '../../../src/outputs/flv/metadata.ts';
import { seeTags } from '../../support/flv-tags.ts';
import { AUDIO, AVCC_360P, data, hex, IDR, inter, key, sound, VIDEO } from '../../support/media.ts';
import { Stage } from '../../support/stage.ts';

const plain = (object: AmfObject): Record<string, AmfValue> => Object.fromEntries(object);

test('a frame takes exactly the bytes that were measured, and nothing beside them is touched', () => {
  const frames: Frame[] = [
    key(0),
    inter(0, { compositionMs: -40 }),
    sound(0),
    data(0),
    key(0, { bytes: 70_000 }),
  ];
  for (const frame of frames) {
    const size = flvFormat.measure(frame, ms(5));
    const out = Buffer.alloc(size + 4, 0xee);
    assert.equal(flvFormat.write(frame, ms(0x01020304), out, 2), size + 2);
    assert.deepEqual([out.readUInt16BE(0), out.readUInt16BE(size + 2)], [0xeeee, 0xeeee]);
    const [tag, ...more] = seeTags(out.subarray(2, -2));
    assert.equal(more.length, 0);
    assert.equal(tag?.timestamp, 0x01020304);
    assert.deepEqual(tag.body.subarray(-frame.payload.length), Buffer.from(frame.payload));
  }
});

test('configurations are sequence headers', () => {
  const [video, audio] = seeTags(
    Buffer.concat([flvFormat.configuration(VIDEO, ms(7)), flvFormat.configuration(AUDIO, ms(8))]),
  );
  assert.deepEqual(video, { type: 9, timestamp: 7, body: Buffer.concat([hex('1700000000'), AVCC_360P]) });
  assert.deepEqual(audio, { type: 8, timestamp: 8, body: hex('af00 1190') });
});

test('the header’s flags and metadata say what is really there', () => {
  for (const tracks of [{ video: VIDEO, audio: AUDIO }, { video: VIDEO }, { audio: AUDIO }, {}]) {
    const header = flvFormat.header({ tracks, metadata: undefined });
    const flags = ('audio' in tracks ? 4 : 0) | ('video' in tracks ? 1 : 0);
    assert.deepEqual(header.subarray(0, 13), hex(`464c5601 0${flags} 00000009 00000000`));
    const [script, ...more] = seeTags(header.subarray(13));
    assert.equal(more.length, 0);
    assert.deepEqual([script?.type, script?.timestamp], [18, 0]);
    const [name, values] = readAmf0Values(script!.body);
    assert.equal(name, 'onMetaData');
    assert.ok(values instanceof AmfObject && values.kind === 'ecma-array');
    assert.equal(values.get('hasVideo'), 'video' in tracks);
    assert.equal(values.get('hasAudio'), 'audio' in tracks);
    assert.equal(values.get('videocodecid'), 'video' in tracks ? 7 : undefined);
    assert.equal(values.get('audiocodecid'), 'audio' in tracks ? 10 : undefined);
  }
});

test('metadata: tracks by their configuration, rates as the publisher says, the rest passed on', () => {
  const metadata = AmfObject.of({
    encoder: 'obs-output module',
    width: 9999,
    height: 1,
    videocodecid: 12,
    framerate: 30,
    videodatarate: 2500,
    audiodatarate: 160,
    audiosamplerate: 8000,
    stereo: false,
    duration: 0,
    filesize: 0,
    hasKeyframes: true,
    title: 'a show',
  });
  assert.deepEqual(plain(viewerMetadata({ tracks: { video: VIDEO, audio: AUDIO }, metadata })), {
    encoder: 'obs-output module',
    title: 'a show',
    hasVideo: true,
    hasAudio: true,
    width: 640,
    height: 360,
    videocodecid: 7,
    videodatarate: 2500,
    framerate: 30,
    audiocodecid: 10,
    audiosamplerate: 48_000,
    audiosamplesize: 16,
    audiochannels: 2,
    stereo: true,
    audiodatarate: 160,
  });
  assert.deepEqual(plain(viewerMetadata({ tracks: {}, metadata })), {
    encoder: 'obs-output module',
    title: 'a show',
    hasVideo: false,
    hasAudio: false,
  });
});

test('a publisher’s rates that are no rates are left out', () => {
  for (const framerate of [0, -25, NaN, Infinity, '25', null, undefined]) {
    const values = viewerMetadata({ tracks: { video: VIDEO }, metadata: AmfObject.of({ framerate }) });
    assert.equal(values.has('framerate'), false, String(framerate));
  }
});

test('a stream as FLV: what a viewer gets can be taken apart tag by tag', () => {
  const stage = new Stage();
  stage.send(key(0), sound(5));
  const first = stage.join(flvFormat);
  stage.send(inter(40), sound(26), data(30));
  const second = stage.join(flvFormat);
  stage.send(key(80));
  const third = stage.join(flvFormat);
  for (const { sink } of [first, second]) {
    const tags = seeTags(Buffer.concat(sink.buffers).subarray(13));
    assert.deepEqual(
      tags.map(({ type, timestamp }) => [type, timestamp]),
      [
        [18, 0],
        [9, 0],
        [8, 0],
        [9, 200],
        [8, 205],
        [9, 240],
        [8, 226],
        [18, 230],
        [9, 280],
      ],
    );
    assert.deepEqual(tags[3]!.body, Buffer.concat([hex('1701000000'), IDR]));
  }
  const tags = seeTags(Buffer.concat(third.sink.buffers).subarray(13));
  assert.deepEqual(
    tags.map(({ type, timestamp, body }) => [type, timestamp, body[1]]),
    [
      [18, 0, 0],
      [9, 0, 0],
      [8, 0, 0],
      [9, 280, 1],
    ],
  );
});
