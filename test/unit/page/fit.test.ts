import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rendition, Stream } from '../../../public/api/types.ts';
import {
  familyOf,
  forBrowser,
  isForMpegts,
  mediaTypes,
  mp4Types,
  nameOf,
} from '../../../public/player/codecs.ts';
import type { Engine } from '../../../public/player/engines.ts';
import { fit, noteOf, type Decodes, type Fit, type Plan } from '../../../public/player/fit.ts';

const ALL: readonly [Engine, ...Engine[]] = ['ws-flv', 'http-flv', 'hls', 'native'];

const picture = (codec: string, track = 0, height = 1080): Rendition => ({
  track,
  kind: 'video',
  codec,
  width: (height * 16) / 9,
  height,
  frameRate: 30,
  kbps: 3000,
});
const sound = (codec: string, track = 0): Rendition => ({ track, kind: 'audio', codec, channels: 2 });

function stream(...renditions: Rendition[]): Stream {
  const main = (kind: string): Rendition | undefined =>
    renditions.find((one) => one.kind === kind && one.track === 0);
  const [video, audio] = [main('video'), main('audio')];
  return {
    app: 'live',
    stream: 'cam',
    state: 'live',
    startedAt: '',
    uptimeSeconds: 1,
    publisher: null,
    video: video
      ? { codec: video.codec, width: 1920, height: 1080, fps: 30, gopSeconds: 2, bitrateKbps: 1 }
      : null,
    audio: audio ? { codec: audio.codec, sampleRate: 48_000, channels: 2, bitrateKbps: 1 } : null,
    bitrateKbps: null,
    viewers: { total: 0, rtmp: 0, httpFlv: 0, wsFlv: 0, hls: 0 },
    renditions,
  };
}

/** A browser that knows these families, by both ways or by one; of those `outside` it knows some only outside of MP4. */
const browser =
  (mediaSource: readonly string[], { native = mediaSource, outside = '' } = {}): Decodes =>
  (way, { codec }) => {
    const family = familyOf(codec) ?? codec;
    const isKnown = (way.startsWith('native') ? native : mediaSource).includes(family);
    return Promise.resolve(isKnown && !(way.endsWith('mp4') && family === outside));
  };

const CHROMIUM = browser(['avc', 'av1', 'vp9', 'vp8', 'aac', 'mp3', 'opus', 'flac'], { outside: 'mp3' });
const SAFARI = browser(['avc', 'hevc', 'aac', 'mp3', 'ac3', 'eac3', 'flac', 'opus']);

const plansOf = (found: Fit): readonly Plan[] => (found.kind === 'fits' ? found.plans : []);
const enginesOf = (found: Fit): Engine[] => plansOf(found).map(({ engine }) => engine);
const sentenceOf = (found: Fit): string => (found.kind === 'misfit' ? found.sentence : '');

test('codecs by their strings, however they are written', () => {
  const known = {
    'avc1.64001F': 'H.264',
    'hvc1.1.6.L93.B0': 'HEVC',
    'hev1.1.6.L93.B0': 'HEVC',
    'av01.0.04M.08': 'AV1',
    'vp09.00.10.08': 'VP9',
    'vp08.00.10.08': 'VP8',
    'mp4a.40.2': 'AAC',
    'mp4a.6B': 'MP3',
    'mp4a.40.34': 'MP3',
    mp3: 'MP3',
    Opus: 'Opus',
    fLaC: 'FLAC',
    'ac-3': 'AC-3',
    'ec-3': 'E-AC-3',
    vvc1: 'vvc1',
  };
  for (const [codec, name] of Object.entries(known)) assert.equal(nameOf(codec), name, codec);
  assert.deepEqual([forBrowser('Opus'), forBrowser('fLaC')], ['opus', 'flac'], 'as browsers write them');
  assert.equal(mediaTypes('audio', 'mp4a.6B').includes('audio/mpeg'), true, 'MP3 outside of MP4 will do');
  assert.equal(mp4Types('audio', 'mp4a.6B').includes('audio/mpeg'), false, 'or will not');
});

test('mpegts.js is left HEVC and Opus, and neither AV1 nor VP9, FLAC or AC-3', () => {
  for (const codec of ['avc1.64001F', 'hvc1.1.6.L93.B0', 'Opus', 'mp3', 'mp4a.40.2'])
    assert.equal(isForMpegts(codec), true, codec);
  for (const codec of ['av01.0.04M.08', 'vp09.00.10.08', 'vp08.00.10.08', 'fLaC', 'ac-3', 'ec-3'])
    assert.equal(isForMpegts(codec), false, codec);
});

test('what every browser knows is tried by all engines, in their order', async () => {
  const found = await fit(stream(picture('avc1.64001F'), sound('mp4a.40.2')), ALL, CHROMIUM);
  assert.deepEqual(enginesOf(found), [...ALL]);
  assert.ok(
    plansOf(found).every(({ track, isSilent }) => track === 0 && !isSilent),
    'as it is sent',
  );
});

test('an older server tells of no renditions, and all is as before', async () => {
  const { renditions, ...old } = stream(picture('avc1.64001F'), sound('mp4a.40.2'));
  assert.equal(renditions?.length, 2);
  assert.deepEqual(enginesOf(await fit(old, ALL, CHROMIUM)), [...ALL]);
});

test('VP9, AV1 and FLAC are played by FLV as well', async () => {
  for (const facts of [
    stream(picture('vp09.00.10.08'), sound('Opus')),
    stream(picture('av01.0.04M.08'), sound('fLaC')),
  ])
    assert.deepEqual(enginesOf(await fit(facts, ALL, CHROMIUM)), [...ALL]);
});

test('MP3 goes to players of HLS in MPEG-TS where the browser does not know it in MP4, with pictures that TS carries', async () => {
  const containers = async (video: string, decodes: Decodes): Promise<(string | undefined)[][]> =>
    plansOf(await fit(stream(picture(video), sound('mp4a.40.34')), ALL, decodes)).map(
      ({ engine, container }) => [engine, container],
    );
  const asItIs = (['ws-flv', 'http-flv', 'hls', 'native'] as const).map((engine) => [engine, undefined]);
  assert.deepEqual(await containers('avc1.64001F', CHROMIUM), [
    ...asItIs.slice(0, 2),
    ['hls', 'ts'],
    ['native', 'ts'],
  ]);
  assert.deepEqual(await containers('vp09.00.10.08', CHROMIUM), asItIs.slice(0, 2));
  assert.deepEqual(await containers('avc1.64001F', SAFARI), asItIs);
});

test('a codec that this browser does not know is told in one plain sentence', async () => {
  const found = await fit(stream(picture('hvc1.1.6.L93.B0'), sound('mp4a.40.2')), ALL, CHROMIUM);
  assert.match(sentenceOf(found), /^This stream is HEVC, which this browser cannot play\. Safari can/);
});

test('where the main picture cannot be played the finest of the others is, and it is said', async () => {
  const facts = stream(
    picture('hvc1.1.6.L93.B0'),
    picture('avc1.64001F', 1, 480),
    picture('avc1.64001F', 2, 720),
    sound('mp4a.40.2'),
  );
  const [first] = plansOf(await fit(facts, ALL, CHROMIUM));
  assert.deepEqual([first?.engine, first?.track, first?.tracks], ['ws-flv', 2, [1, 2]]);
  assert.match(noteOf(first!, facts) ?? '', /^The main picture is HEVC, .* \(720p, H\.264\)\.$/);
  const [safari] = plansOf(await fit(facts, ALL, SAFARI));
  assert.deepEqual([safari?.track, noteOf(safari!, facts)], [0, undefined]);
});

test('an engine that plays the main picture goes before a quicker one that plays another', async () => {
  const facts = stream(picture('vp09.00.10.08'), picture('avc1.64001F', 1, 480), sound('mp4a.40.2'));
  const nativeAlone = browser(['avc', 'aac'], { native: ['avc', 'vp9', 'aac'] });
  const plans = plansOf(await fit(facts, ALL, nativeAlone));
  assert.deepEqual(
    plans.map(({ engine, track }) => [engine, track]),
    [
      ['native', 0],
      ['ws-flv', 1],
      ['http-flv', 1],
      ['hls', 1],
    ],
  );
});

test('sound that cannot be played leaves the picture alone, by FLV, and it is said', async () => {
  const facts = stream(picture('avc1.64001F'), sound('ac-3'));
  const plans = plansOf(await fit(facts, ALL, CHROMIUM));
  assert.deepEqual(
    plans.map(({ engine, isSilent }) => [engine, isSilent]),
    [
      ['ws-flv', true],
      ['http-flv', true],
    ],
  );
  assert.match(noteOf(plans[0]!, facts) ?? '', /^The sound is AC-3, which this browser cannot play/);
  assert.deepEqual(enginesOf(await fit(facts, ALL, SAFARI)), [...ALL]);
});

test('a stream of sound alone goes by its sound', async () => {
  assert.deepEqual(enginesOf(await fit(stream(sound('mp4a.40.2')), ALL, CHROMIUM)), [...ALL]);
  assert.match(sentenceOf(await fit(stream(sound('ec-3')), ALL, CHROMIUM)), /^This stream is E-AC-3, /);
});

test('while nothing is known of the tracks every engine may try', async () => {
  assert.deepEqual(enginesOf(await fit(stream(), ALL, browser([]))), [...ALL]);
});
