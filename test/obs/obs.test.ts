import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGateway, whenLive } from '../support/gateway.ts';
import { Background, runProgram, unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { startDisplay } from '../support/xvfb.ts';

/** A real OBS Studio with a simple scene, told on its command line to start streaming. */
const skip = unlessThere('obs', 'Xvfb', 'dbus-run-session', 'ffprobe');

function writeSettings(home: string, server: string, key: string): void {
  const config = join(home, '.config/obs-studio');
  mkdirSync(join(config, 'basic/profiles/P'), { recursive: true });
  mkdirSync(join(config, 'basic/scenes'), { recursive: true });
  const ini = (sections: Record<string, Record<string, string | number>>): string =>
    Object.entries(sections)
      .map(([name, keys]) =>
        [`[${name}]`, ...Object.entries(keys).map(([one, value]) => `${one}=${value}`)].join('\n'),
      )
      .join('\n') + '\n';
  writeFileSync(
    join(config, 'global.ini'),
    ini({
      General: {
        FirstRun: 'true',
        LicenseAccepted: 'true',
        Pre19Defaults: 'false',
        Pre21Defaults: 'false',
        Pre23Defaults: 'false',
        'Pre24.1Defaults': 'false',
        EnableAutoUpdates: 'false',
        InfoIncrement: 999,
        LastVersion: 29 * 2 ** 24 + 2,
      },
      Basic: { Profile: 'P', ProfileDir: 'P', SceneCollection: 'S', SceneCollectionFile: 'S' },
    }),
  );
  writeFileSync(
    join(config, 'basic/profiles/P/basic.ini'),
    ini({
      General: { Name: 'P' },
      Output: { Mode: 'Simple' },
      SimpleOutput: {
        VBitrate: 1500,
        ABitrate: 128,
        StreamEncoder: 'x264',
        Preset: 'ultrafast',
        UseAdvanced: 'true',
      },
      Video: { BaseCX: 1280, BaseCY: 720, OutputCX: 640, OutputCY: 360, FPSType: 0, FPSCommon: 30 },
    }),
  );
  const service = { type: 'rtmp_custom', settings: { server, key, use_auth: false, bwtest: false } };
  writeFileSync(join(config, 'basic/profiles/P/service.json'), JSON.stringify(service));
  const color = { id: 'color_source_v3', versioned_id: 'color_source_v3', name: 'c' };
  const item = {
    id: 1,
    name: 'c',
    visible: true,
    pos: { x: 0, y: 0 },
    scale: { x: 1, y: 1 },
    align: 5,
    bounds: { x: 0, y: 0 },
    bounds_type: 0,
  };
  writeFileSync(
    join(config, 'basic/scenes/S.json'),
    JSON.stringify({
      name: 'S',
      current_scene: 'Scene',
      current_program_scene: 'Scene',
      scene_order: [{ name: 'Scene' }],
      sources: [
        { id: 'scene', name: 'Scene', settings: { custom_size: false, id_counter: 1, items: [item] } },
        { ...color, settings: { color: 0xffcc6600, width: 1280, height: 720 } },
      ],
    }),
  );
}

interface Studio {
  readonly obs: Background;
  stop(): Promise<void>;
}

/** Begins to stream to `server` with `key` as soon as it runs. */
async function startObs(server: string, key: string): Promise<Studio> {
  const display = await startDisplay();
  const home = mkdtempSync(join(tmpdir(), 'millrace-obs-'));
  writeSettings(home, server, key);
  const obs = new Background(
    'dbus-run-session',
    [
      ...[
        '--',
        'obs',
        '--startstreaming',
        '--multi',
        '--minimize-to-tray',
        '--disable-updater',
        '--disable-shutdown-check',
      ],
      ...['--profile', 'P', '--collection', 'S'],
    ],
    {
      ...process.env,
      HOME: home,
      XDG_RUNTIME_DIR: home,
      DISPLAY: display.name,
      LIBGL_ALWAYS_SOFTWARE: '1',
      QT_QPA_PLATFORM: 'xcb',
    },
  );
  return {
    obs,
    stop: async () => {
      await obs.stop('SIGKILL');
      await display.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

test('OBS Studio publishes; HTTP-FLV and HLS can be decoded', { skip }, async () => {
  const gateway = await startGateway();
  const studio = await startObs(`${gateway.rtmp}/live`, 'obs');
  try {
    const report = await whenLive(gateway, 'live/obs').catch((error: unknown) => {
      throw new Error(`${String(error)}\n${studio.obs.output.slice(-3000)}`);
    });
    assert.equal(report.video?.width, 640);
    assert.match(report.publisher?.encoder ?? '', /FMLE|OBS|obs/);
    await waitFor(
      'three segments',
      async () => {
        const response = await fetch(`${gateway.http}/live/obs/media.m3u8`);
        return ((await response.text()).match(/\.ts$/gm)?.length ?? 0) >= 3;
      },
      40_000,
    );
    for (const path of ['/live/obs.flv', '/live/obs.m3u8']) {
      const { stderr, code } = await runProgram('ffmpeg', [
        '-v',
        'warning',
        '-xerror',
        '-t',
        '4',
        '-i',
        `${gateway.http}${path}`,
        '-f',
        'null',
        '-',
      ]);
      assert.equal(stderr, '', path);
      assert.equal(code, 0, path);
    }
    console.log(
      `OBS calls itself ${report.publisher?.encoder ?? 'nothing'}; GOP ${report.video.gopSeconds ?? '?'} s`,
    );
  } finally {
    await studio.stop();
    await gateway.stop();
  }
});

test('OBS Studio with a wrong key is refused, and says why in its log', { skip }, async () => {
  const gateway = await startGateway({ access: { publish: 'keys', trustLoopback: false } });
  const studio = await startObs(`${gateway.rtmp}/live`, 'pk_notakeyatallnotakeyatall1');
  try {
    const log = await waitFor(
      'OBS to have given up',
      () => (studio.obs.output.includes('Streaming Stop') ? studio.obs.output : undefined),
      40_000,
    );
    assert.match(log, /NetStream\.Publish\.Unauthorized/, 'the code');
    assert.match(log, /this stream key is not known: check it for typing errors/, 'the reason');
  } finally {
    await studio.stop();
    await gateway.stop();
  }
});
