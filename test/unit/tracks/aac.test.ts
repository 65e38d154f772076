import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADTS_HEADER_SIZE, writeAdtsHeader } from '../../../src/codecs/aac/adts.ts';
import { readAacConfig } from '../../../src/codecs/aac/config.ts';
import { ASC_44K, ASC_48K, AVCC_360P, hex } from '../../support/media.ts';
import { adtsFrames, audioOf } from '../mpegts/ts-reader.ts';
import { audioConfig, configs, frames, pictures, slice, TrackRig, videoConfig } from './rig.ts';

/** AAC as encoders send it: in ADTS, without a header, with headers that change, and of kinds that ADTS cannot carry. */

const STEP = 1024 / 48;
let serial = 1;
const raw = (bytes = 12): Buffer => {
  const frame = Buffer.alloc(bytes, 0x21);
  frame.writeUInt16BE(serial++, 2);
  return frame;
};

function adts(config: Buffer, frame: Buffer, crc = false): Buffer {
  const header = Buffer.alloc(ADTS_HEADER_SIZE);
  writeAdtsHeader(header, 0, readAacConfig(config), frame.length + (crc ? 2 : 0));
  if (!crc) return Buffer.concat([header, frame]);
  header[1]! &= 0xfe;
  return Buffer.concat([header, hex('abcd'), frame]);
}

const message = (...frames: readonly Buffer[]): Buffer => Buffer.concat([hex('af 01'), ...frames]);

/** Raw frames that listeners of HLS, and viewers of FLV, get. */
function heard(rig: TrackRig): { ts: Buffer[]; flv: Buffer[] } {
  rig.end();
  const ts = rig.segments.flatMap((file) => audioOf(file).flatMap(({ payload }) => adtsFrames(payload)));
  return { ts, flv: frames(rig.flv, 8).map(({ body }) => body.subarray(2)) };
}

const tracks = (rig: TrackRig): string | undefined => {
  const audio = rig.stage.stream.facts.tracks.audio;
  return audio && `${audio.codecString} ${audio.sampleRate} Hz, ${audio.channels}`;
};

for (const [name, header, crc] of [
  ['without a sequence header', undefined, false],
  ['with one', ASC_48K, false],
  ['with CRCs', undefined, true],
] as const) {
  test(`AAC in ADTS, ${name}: the headers are taken off`, () => {
    const rig = new TrackRig();
    if (header) rig.audio(0, audioConfig(header));
    const sent = Array.from({ length: 150 }, () => raw());
    for (const [index, frame] of sent.entries())
      rig.audio(Math.round(index * STEP), message(adts(ASC_48K, frame, crc)));
    const { ts, flv } = heard(rig);
    assert.deepEqual(ts, sent, 'HLS');
    assert.deepEqual(flv, sent.slice(-flv.length), 'FLV');
    assert.ok(flv.length > 90, 'FLV: all since the viewer was let in');
    assert.deepEqual(configs(rig.flv, 8), [ASC_48K], 'FLV: a sequence header');
    assert.equal(tracks(rig), 'mp4a.40.2 48000 Hz, 2');
    assert.deepEqual([...rig.input.dropped], []);
  });
}

test('several ADTS frames in one message are several frames, each with its time', () => {
  const rig = new TrackRig();
  const sent = Array.from({ length: 200 }, () => raw());
  for (let index = 0; index < sent.length; index += 5) {
    const five = sent.slice(index, index + 5).map((frame) => adts(ASC_48K, frame));
    rig.audio(Math.round(index * STEP), message(...five));
  }
  const { ts, flv } = heard(rig);
  assert.deepEqual(ts, sent);
  const times = frames(rig.flv, 8).map(({ timestamp }) => timestamp);
  assert.ok(flv.length > 100, `${flv.length} frames`);
  assert.ok(
    times.every((time, index) => index === 0 || [21, 22].includes(time - times[index - 1]!)),
    'evenly spaced',
  );
});

test('a header that says HE-AAC beside ADTS of its core: the header is the richer one', () => {
  const rig = new TrackRig();
  rig.audio(0, audioConfig(hex('2b118800'))); // SBR in front, core 24 kHz, stereo
  for (let index = 0; index < 60; index++)
    rig.audio(Math.round((index * 1024) / 24), message(adts(hex('1310'), raw())));
  assert.equal(tracks(rig), 'mp4a.40.5 48000 Hz, 2');
  rig.end();
  assert.deepEqual(configs(rig.flv, 8), [hex('2b118800')], 'one sequence header');
});

test('ADTS that says something else than the header is believed: it is on every frame', () => {
  const rig = new TrackRig();
  rig.audio(0, audioConfig(ASC_48K));
  for (let index = 0; index < 100; index++) {
    if (index % 10 === 0) rig.audio(index * 23, audioConfig(ASC_48K));
    rig.audio(index * 23, message(adts(ASC_44K, raw())));
  }
  assert.equal(tracks(rig), 'mp4a.40.2 44100 Hz, 2');
  rig.end();
  assert.deepEqual(configs(rig.flv, 8), [ASC_44K], 'once, however often the header is repeated');
  assert.ok(
    rig.playlist.segments.every(({ discontinuity }) => !discontinuity),
    'no discontinuity',
  );
});

test('a raw frame that begins like ADTS is raw: its length does not fit', () => {
  const rig = new TrackRig();
  rig.audio(0, audioConfig(ASC_48K));
  const sent = [hex('fff15080 2f5ffc 2110'), hex('fff1'), hex('fff150800001'), raw()];
  for (const [index, frame] of sent.entries()) rig.audio(index * 21, message(frame));
  assert.deepEqual(heard(rig).ts, sent);
});

test('once raw, always raw; once ADTS, always ADTS', () => {
  const rig = new TrackRig();
  rig.audio(0, audioConfig(ASC_48K));
  const whole = adts(ASC_48K, raw());
  for (const [index, frame] of [raw(), whole].entries()) rig.audio(index * 21, message(frame));
  assert.deepEqual(heard(rig).ts.at(-1), whole, 'not touched');
  const other = new TrackRig();
  for (const [index, frame] of [whole, raw(), whole.subarray(0, 12), whole].entries())
    other.audio(index * 21, message(frame));
  assert.deepEqual([...other.input.dropped], [['not ADTS', 2]]);
});

test('AAC before any header is left out, and the reason is told: once to the log, as a count to the API', () => {
  const rig = new TrackRig();
  for (let index = 0; index < 30; index++) rig.audio(index * 21, message(raw()));
  assert.deepEqual([...rig.input.dropped], [['audio before its configuration', 30]]);
  assert.deepEqual(rig.noticed, ['left out: audio before its configuration']);
  rig.audio(700, audioConfig(ASC_48K));
  for (let index = 0; index < 30; index++) rig.audio(700 + index * 21, message(raw()));
  assert.equal(heard(rig).ts.length, 30, 'from the header on it is heard');
});

test('empty audio messages, and AAC messages of one or two bytes, are nothing', () => {
  const rig = new TrackRig();
  rig.audio(0, audioConfig(ASC_48K));
  rig.audio(0, message(raw()));
  for (const body of ['', 'af', 'af00', 'af01', 'af02', 'a2']) rig.audio(10, hex(body));
  rig.audio(21, message(raw()));
  assert.equal(heard(rig).ts.length, 2);
  assert.deepEqual([...rig.input.dropped], []);
});

const kinds = [
  ['LC, mono', '1188', 'mp4a.40.2 48000 Hz, 1'],
  ['LC, 5.1', '11b0', 'mp4a.40.2 48000 Hz, 6'],
  ['LC, 7.1', '11b8', 'mp4a.40.2 48000 Hz, 8'],
  ['LC, the rate written out', '1780562210', 'mp4a.40.2 44100 Hz, 2'],
  ['HE-AAC, told in front', '2b118800', 'mp4a.40.5 48000 Hz, 2'],
  ['HE-AAC, told behind', '131056e598', 'mp4a.40.5 48000 Hz, 2'],
  // What is not told cannot be known before a decoder has looked: shown as the core that it is timed by.
  ['HE-AAC, not told at all', '1310', 'mp4a.40.2 24000 Hz, 2'],
  ['HE-AAC v2, told in front', 'eb098800', 'mp4a.40.29 48000 Hz, 2'],
  ['HE-AAC v2, told behind', '130856e59d4880', 'mp4a.40.29 48000 Hz, 2'],
] as const;
for (const [name, config, shown] of kinds) {
  test(`${name}: shown as ${shown}, carried everywhere`, () => {
    const rig = new TrackRig();
    rig.audio(0, audioConfig(hex(config)));
    const sent = Array.from({ length: 60 }, () => raw());
    for (const [index, frame] of sent.entries()) rig.audio(index * 40, message(frame));
    assert.equal(tracks(rig), shown);
    assert.deepEqual(heard(rig).ts, sent);
    assert.equal(rig.hls.facts().problem, undefined);
  });
}

const notInTs = [
  ['low delay (AOT 23)', 'b99000', /object type 23 cannot be carried in ADTS/],
  ['enhanced low delay (AOT 39, an escaped one)', 'f8e64000', /object type 39 cannot be carried in ADTS/],
  ['960 samples a frame', '1194', /960 samples/],
  ['a rate that is in no table', '178049d4' + '1000', /37800 Hz/],
] as const;
for (const [name, config, words] of notInTs) {
  test(`${name}: MPEG-TS goes without and says why, CMAF and FLV carry it`, () => {
    const rig = new TrackRig();
    rig.video(0, videoConfig(AVCC_360P));
    rig.audio(0, audioConfig(hex(config)));
    for (let index = 0; index < 60; index++) {
      rig.video(index * 40, pictures(index % 25 === 0, [slice(index % 25 === 0 ? 5 : 1)]));
      rig.audio(index * 40 + 5, message(raw()));
    }
    rig.end();
    const { problem, framesDropped } = rig.hls.facts();
    assert.match(problem ?? '', words);
    assert.equal(framesDropped, 60, 'its frames are counted');
    for (const file of rig.segments)
      assert.deepEqual([...file.program.streams.values()], [0x1b], 'only video');
    const inCmaf = rig.hls.multivariant({ container: 'fmp4', dvr: true })?.bytes.toString();
    assert.match(inCmaf ?? '', /CODECS="avc1[^,]*,mp4a/, 'CMAF has the sound');
    assert.equal(frames(rig.flv, 8).length, 60, 'FLV has the sound');
  });
}

test('an object type that is no AAC: the reason is there, the picture goes on', () => {
  const rig = new TrackRig();
  rig.video(0, videoConfig(AVCC_360P));
  rig.audio(0, audioConfig(hex('f94840'))); // AOT 42: USAC
  for (let index = 0; index < 60; index++) {
    rig.video(index * 40, pictures(index % 25 === 0, [slice(index % 25 === 0 ? 5 : 1)]));
    rig.audio(index * 40 + 5, message(raw()));
  }
  assert.deepEqual(
    [...rig.input.problems.values()],
    ['the audio configuration cannot be used: audio object type 42 is not AAC'],
  );
  assert.equal(
    rig.noticed.length,
    3,
    'the log is told of the configuration, why, and of the frames, once each',
  );
  rig.end();
  assert.ok(frames(rig.flv, 9).length > 30, 'the picture is there');
});

test('from 44.1 to 48 kHz, and from stereo to mono: one discontinuity each, FLV told in line', () => {
  const rig = new TrackRig();
  const mono = hex('1188');
  let at = 0;
  for (const [config, rate] of [
    [ASC_44K, 44_100],
    [ASC_48K, 48_000],
    [mono, 48_000],
  ] as const) {
    for (let index = 0; index < 120; index++, at += 1_024_000 / rate) {
      if (index % 20 === 0) rig.audio(Math.round(at), audioConfig(Buffer.from(config)));
      rig.audio(Math.round(at), message(raw()));
    }
  }
  const { ts } = heard(rig);
  assert.equal(ts.length, 360, 'no frame is lost');
  assert.deepEqual(configs(rig.flv, 8), [ASC_44K, ASC_48K, mono]);
  assert.equal(rig.playlist.segments.filter(({ discontinuity }) => discontinuity).length, 2);
});

test('an audio header that changes and changes back with no frame in between is no change', () => {
  const rig = new TrackRig();
  for (let index = 0; index < 150; index++) {
    for (const config of index % 10 === 0 ? [ASC_48K, ASC_44K, ASC_48K] : [])
      rig.audio(index * 21, audioConfig(config));
    rig.audio(Math.round(index * STEP), message(raw()));
  }
  assert.equal(heard(rig).ts.length, 150);
  assert.deepEqual(configs(rig.flv, 8), [ASC_48K]);
  assert.ok(
    rig.playlist.segments.every(({ discontinuity }) => !discontinuity),
    'no discontinuity',
  );
});
