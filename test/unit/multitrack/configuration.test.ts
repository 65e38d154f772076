import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsSchema } from '../../../src/config/schema.ts';
import { clientRequestSchema } from '../../../src/servers/http/multitrack/client-request.ts';
import {
  configurationFor,
  configurationSchema,
  refusalOf,
  type Configuration,
} from '../../../src/servers/http/multitrack/configuration.ts';
import { AMD, INTEL, NVIDIA, obsRequest, type ObsWish } from '../../support/obs-request.ts';

const { ladder } = settingsSchema.parse({});
const INGEST = [{ protocol: 'RTMP', url: 'rtmp://media.example:1935/live' }] as const;

type Renditions = (typeof ladder)['renditions'];

function answer(wish: Omit<ObsWish, 'key'>, renditions: Renditions = ladder.renditions): Configuration {
  const request = clientRequestSchema.parse(obsRequest({ key: 'pk_secret', ...wish }));
  return configurationSchema.parse(configurationFor(request, { ...ladder, renditions }, INGEST));
}

/** Size and frame rate of each, with the encoder. */
function told(configuration: Configuration): string[] {
  return configuration.encoder_configurations.map(
    ({ type, width, height, framerate: { numerator, denominator } }) =>
      `${width}x${height} ${numerator}/${denominator} ${type}`,
  );
}

test('without any setting OBS is told to send three sizes, all with a key frame every two seconds', () => {
  const configuration = answer({ vendor: NVIDIA, model: 'NVIDIA GeForce RTX 4070' });
  assert.deepEqual(told(configuration), [
    '1920x1080 60/1 obs_nvenc_h264_tex',
    '1280x720 60/1 obs_nvenc_h264_tex',
    '854x480 60/2 obs_nvenc_h264_tex',
  ]);
  for (const { settings } of configuration.encoder_configurations)
    assert.deepEqual([settings['keyint_sec'], settings['bf'], settings['rate_control']], [2, 0, 'CBR']);
  assert.deepEqual(
    configuration.encoder_configurations.map(({ settings }) => settings['bitrate']),
    [6000, 3000, 1200],
  );
  assert.deepEqual(configuration.ingest_endpoints, [
    { protocol: 'RTMP', url_template: 'rtmp://media.example:1935/live/{stream_key}' },
  ]);
  assert.deepEqual(configuration.audio_configurations, {
    live: [{ codec: 'ffmpeg_aac', track_id: 1, channels: 2, settings: { bitrate: 160 } }],
  });
  assert.deepEqual(configuration.meta, { service: 'IVS', schema_version: '2025-01-25', config_id: '' });
});

test('nothing is made larger or faster than OBS has it', () => {
  const sizes = (wish: Omit<ObsWish, 'key'>): string[] =>
    told(answer({ vendor: AMD, ...wish })).map((text) => text.replace(/ \S+$/, ''));
  assert.deepEqual(sizes({ width: 1280, height: 720, fps: 30 }), ['1280x720 30/1', '854x480 30/1']);
  assert.deepEqual(sizes({ width: 640, height: 360, fps: 25 }), ['640x360 25/1']);
  assert.deepEqual(sizes({ width: 1080, height: 1920, fps: [30_000, 1001] }), [
    '1080x1920 30000/1001',
    '720x1280 30000/1001',
    '480x854 30000/1001',
  ]);
  assert.deepEqual(sizes({ width: 2560, height: 1440, fps: 120 }).at(-1), '854x480 120/4');
});

test('the encoder is one that this OBS has', () => {
  const type = (wish: Omit<ObsWish, 'key'>, codec: 'h264' | 'hevc' | 'av1' = 'h264'): string =>
    answer(wish, [{ height: 720, bitrateKbps: 3000, codec }]).encoder_configurations[0]!.type;
  assert.equal(type({ vendor: NVIDIA }), 'obs_nvenc_h264_tex');
  assert.equal(type({ vendor: NVIDIA, version: '30.2.3' }), 'jim_nvenc');
  assert.equal(type({ vendor: NVIDIA }, 'hevc'), 'obs_nvenc_hevc_tex');
  assert.equal(type({ vendor: NVIDIA, model: 'NVIDIA GeForce RTX 4090' }, 'av1'), 'obs_nvenc_av1_tex');
  assert.equal(type({ vendor: NVIDIA, model: 'NVIDIA GeForce RTX 3080' }, 'av1'), 'obs_nvenc_h264_tex');
  assert.equal(type({ vendor: AMD }, 'hevc'), 'h265_texture_amf');
  assert.equal(type({ vendor: AMD, model: 'AMD Radeon RX 6800 XT' }, 'av1'), 'h264_texture_amf');
  assert.equal(type({ vendor: INTEL }), 'obs_qsv11_v2');
  assert.equal(type({ system: 'macOS' }), 'com.apple.videotoolbox.videoencoder.ave.avc');
  assert.equal(type({ system: 'Linux' }), 'obs_x264');
  assert.equal(type({ vendor: NVIDIA, codecs: ['h264'] }, 'hevc'), 'obs_nvenc_h264_tex', 'it has no HEVC');
  assert.equal(
    type({ vendor: NVIDIA, encoders: ['obs_x264', 'obs_qsv11_v2'] }),
    'obs_qsv11_v2',
    'its own word',
  );
});

test('its bounds are kept: bit rate, tracks, cores', () => {
  const heights = (wish: Omit<ObsWish, 'key'>): number[] =>
    answer(wish).encoder_configurations.map(({ height }) => height);
  const gpu = { vendor: NVIDIA };
  assert.deepEqual(heights({ ...gpu, maxKbps: 8000 }), [1080, 480]);
  assert.deepEqual(heights({ ...gpu, maxKbps: 5000 }), [720, 480]);
  assert.deepEqual(heights({ ...gpu, maxTracks: 2 }), [1080, 480]);
  assert.deepEqual(heights({ ...gpu, maxTracks: 1 }), [1080]);
  assert.deepEqual(heights({ cores: 4 }), [1080], 'by the processor alone');
  assert.deepEqual(heights({ cores: 6 }), [1080, 480]);
  const slow = answer({ ...gpu, maxKbps: 700 }).encoder_configurations;
  assert.deepEqual(
    slow.map(({ height, settings }) => [height, settings['bitrate']]),
    [[480, 700]],
  );
});

test('a second sound is described when OBS wants to send one, with as many channels as it has', () => {
  const { audio_configurations: sounds } = answer({ vod: true, channels: 6 });
  assert.deepEqual(
    [sounds.live, sounds.vod].map((list) => list?.map(({ track_id, channels }) => [track_id, channels])),
    [[[1, 6]], [[2, 6]]],
  );
});

test('older versions ask in other words', () => {
  const { preferences, ...rest } = obsRequest({ key: 'k' });
  const old = {
    ...rest,
    schema_version: '2023-05-10',
    preferences: {
      width: 1280,
      height: 720,
      framerate: { numerator: 60, denominator: 1 },
      canvas_width: 1280,
      canvas_height: 720,
    },
  };
  assert.ok(preferences, 'what newer ones have');
  const request = clientRequestSchema.parse(old);
  const configuration = configurationFor(request, ladder, INGEST);
  assert.deepEqual(
    configuration.encoder_configurations.map(({ height }) => height),
    [720, 480],
  );
  assert.equal(configuration.meta.schema_version, '2023-05-10');
  const bare = clientRequestSchema.parse({ authentication: 'k', client: {}, whatever: [1] });
  assert.equal(configurationFor(bare, ladder, INGEST).encoder_configurations[0]?.height, 1080);
});

test('lies are refused, and what is refused is told without a tag of the one who asked', () => {
  const lie = (change: object): boolean =>
    clientRequestSchema.safeParse({ ...obsRequest({ key: 'k' }), ...change }).success;
  assert.equal(lie({}), true);
  assert.equal(lie({ authentication: 'k'.repeat(600) }), false);
  assert.equal(lie({ authentication: undefined }), false);
  const framerate = { numerator: 60, denominator: 0 };
  assert.equal(lie({ preferences: { canvases: [{ width: 1920, height: 1080, framerate }] } }), false);
  assert.equal(lie({ preferences: { canvases: [] } }), false);
  assert.equal(lie({ preferences: { width: 1e9 } }), false);
  const request = clientRequestSchema.parse(obsRequest({ key: 'k' }));
  const { status, ...rest } = configurationSchema.parse(refusalOf(request, 'not <b>you</b> & yours'));
  assert.deepEqual(status, {
    result: 'error',
    html_en_us: '<p>not &lt;b&gt;you&lt;/b&gt; &amp; yours</p>',
  });
  assert.deepEqual([rest.encoder_configurations, rest.ingest_endpoints], [[], []]);
});
