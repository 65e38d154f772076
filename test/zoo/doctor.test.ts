import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BadLine } from '../support/bad-line.ts';
import { encode, encodeFile, type Encoder } from '../support/encoders.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { Background, unlessThere } from '../support/programs.ts';
import { TagSender } from '../support/tag-sender.ts';

/**
 * Publishers by the dozen at the same time, first good ones and then deliberately bad ones, and what the doctor says of each.
 * All at once they would take two cores almost whole, and be late in earnest on a machine with anything else to do.
 */
const skip = unlessThere('ffmpeg');
const WATCH_SECONDS = 21;
/** So many programs at the same moment would keep each other from sending in time. */
const STAGGER_MS = 150;

interface Verdict {
  readonly code: string;
  readonly text: string;
}

let gateway: TestGateway;
let stops: (() => unknown)[] = [];
const found = new Map<string, Map<string, string>>();
const died: string[] = [];
let isOver = false;

const good: Readonly<Record<string, Encoder>> = {
  'x264 as OBS has it, 30 fps': {},
  '25 fps': { fps: '25' },
  '50 fps': { fps: '50' },
  '60 fps': { fps: '60' },
  '29.97 fps': { fps: '30000/1001' },
  'no B-frames, as NVENC': { video: '-bf 0' },
  'sound alone': { video: false },
  'a camera of one picture a second': { fps: '1', video: '-g 2 -bf 0' },
  'a phone with a variable rate': {
    filter: "select='gt(random(0),0.25)'",
    video: '-bf 0',
    output: '-fps_mode vfr',
  },
  'a phone whose pictures come unevenly': {
    filter: "setpts='N/30/TB+0.012*random(1)/TB'",
    video: '-bf 0',
    output: '-fps_mode vfr',
  },
  'constant quality': { video: '-crf 23 -b:v 0' },
  'sound 150 ms before the picture': { soundAt: -0.15 },
};

interface Case {
  readonly encoder: Encoder;
  readonly code: string;
  readonly says: RegExp;
}

const JUMP = 'setts=ts=TS+60000*gt(TS\\,6000)';
const LEAP = 'setts=ts=TS+4000*gt(TS\\,9000)';

const bad: Readonly<Record<string, Case>> = {
  'key frames ten seconds apart': {
    encoder: { video: '-g 300 -sc_threshold 0' },
    code: 'keyframe-interval',
    says: /\d\.\d s apart/,
  },
  'key frames only': {
    encoder: { video: '-g 1' },
    code: 'keyframes-only',
    says: /Every picture is a key frame/,
  },
  'six times as fast as time': {
    encoder: { pace: '', filter: 'realtime=speed=6' },
    code: 'clock-fast',
    says: /[56](\.\d+)? times as fast/,
  },
  'no sound': { encoder: { sound: false }, code: 'audio-missing', says: /no sound track/ },
  'sound 400 ms ahead': {
    encoder: { soundAt: -0.4 },
    code: 'audio-offset',
    says: /begin (3\d|4[0-4])\d ms ahead of/,
  },
  'sound 400 ms behind': {
    encoder: { soundAt: 0.4 },
    code: 'audio-offset',
    says: /begin (3\d|4[0-4])\d ms behind/,
  },
  'a clock that is set a minute on': {
    encoder: { output: `-bsf:v ${JUMP} -bsf:a ${JUMP}` },
    code: 'timestamps-jump',
    says: /jumped once/,
  },
  'a clock that is set four seconds on': {
    encoder: { output: `-bsf:v ${LEAP} -bsf:a ${LEAP}` },
    code: 'timestamps-jump',
    says: /jumped once/,
  },
  'eight B-frames': { encoder: { video: '-bf 8 -b_strategy 0' }, code: 'b-frames', says: /^8 B-frames/ },
  '4:2:2': { encoder: { video: '-pix_fmt yuv422p' }, code: 'codec-support', says: /High 4:2:2/ },
  'ten bits': { encoder: { video: '-pix_fmt yuv420p10le' }, code: 'codec-support', says: /High 10/ },
  'every eighth picture dropped': {
    encoder: { filter: "select='mod(n,8)'", output: '-fps_mode passthrough' },
    code: 'frames-missing',
    says: /1[0-4] % of the pictures are missing/,
  },
  'twelve pictures in a row dropped every two seconds': {
    encoder: { filter: "select='lt(mod(n,60),48)'", output: '-fps_mode passthrough' },
    code: 'frames-missing',
    says: /(1[5-9]|2[0-4]) % of the pictures are missing/,
  },
  'noise for a second and a half in every nine': {
    encoder: {
      size: '240x136',
      filter: "noise=alls=100:allf=t:enable='lt(mod(t,9),1.5)'",
      video: '-crf 18 -b:v 0 -maxrate 50M -bufsize 50M -preset ultrafast',
    },
    code: 'bitrate-bursting',
    says: /Mb\/s where/,
  },
};

const AGAIN = 'a file that is sent again and again';

/** What the others need more than ffmpeg for. */
const special: Readonly<Record<string, Omit<Case, 'encoder'>>> = {
  'a picture of another size': {
    code: 'resolution-change',
    says: /changed its size once/,
  },
  'a clock that begins anew': { code: 'timestamps-jump', says: /jumped once/ },
  'sound that is stamped 400 ms ahead of what comes with it': {
    code: 'audio-offset',
    says: /run (3[5-9]|4[0-4])\d ms ahead of/,
  },
  'a line that carries half of it': { code: 'bitrate-starving', says: /Only [3-6]\d % of the media/ },
  'a line that stalls for a second and a half in every four': {
    code: 'frames-late',
    says: /up to [1-4]\d\d\d ms late/,
  },
  'a line that carries all of it every two seconds': {
    code: 'frames-late',
    says: /up to [1-4]\d\d\d ms late/,
  },
};

const names = [...Object.keys(good), AGAIN, ...Object.keys(bad), ...Object.keys(special)];
const urlOf = (name: string, port = gateway.rtmpPort): string =>
  `rtmp://127.0.0.1:${port}/live/${names.indexOf(name)}`;

function run(name: string, program: Background): void {
  stops.push(() => program.stop('SIGKILL'));
  void program.exited.then(() => !isOver && died.push(`${name}: ${program.output}`));
}

const clips: Record<'small' | 'large' | 'long', string> = { small: '', large: '', long: '' };

/** Before anything is published: it holds up the gateway, which runs in this process. */
function makeClips(): void {
  clips.small = encodeFile({}, 6, join(gateway.folder, 'small.flv'));
  clips.large = encodeFile({ size: '240x136' }, WATCH_SECONDS + 9, join(gateway.folder, 'large.flv'));
  clips.long = encodeFile({}, WATCH_SECONDS + 9, join(gateway.folder, 'long.flv'));
}

async function send(name: string, files: readonly string[], stamp: 'on' | 'anew' | 'apart'): Promise<void> {
  const sender = await TagSender.start({
    url: urlOf(name),
    files,
    stamp: ({ type, timestamp }, before) => {
      if (stamp === 'anew') return timestamp;
      return timestamp + before + (stamp === 'apart' && type === 8 ? 400 : 0);
    },
  });
  stops.push(() => sender.stop());
}

async function overLine(name: string, room: (tenth: number) => number): Promise<void> {
  const line = new BadLine(gateway.rtmpPort, room);
  run(name, encode({}, urlOf(name, await line.open())));
  stops.push(() => line.close());
}

async function startGood(): Promise<void> {
  const again = ['-re', '-stream_loop', '-1', '-i', clips.small, '-c', 'copy', '-f', 'flv'];
  run(AGAIN, new Background('ffmpeg', ['-loglevel', 'error', ...again, urlOf(AGAIN)]));
  await startEncoders(Object.entries(good));
}

async function startBad(): Promise<void> {
  const [size, anew, apart, half, stalls, gulps] = Object.keys(special) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  await send(size, [clips.small, clips.large], 'on');
  await send(anew, [clips.small, clips.long], 'anew');
  await send(apart, [clips.long], 'apart');
  await overLine(half, () => 2_500);
  await overLine(stalls, (tenth) => (tenth % 40 < 15 ? 0 : Infinity));
  await overLine(gulps, (tenth) => (tenth % 20 === 0 ? Infinity : 0));
  await startEncoders(Object.entries(bad).map(([name, { encoder }]) => [name, encoder]));
}

async function startEncoders(encoders: readonly (readonly [string, Encoder])[]): Promise<void> {
  for (const [name, encoder] of encoders) {
    run(name, encode(encoder, urlOf(name)));
    await new Promise((resolve) => setTimeout(resolve, STAGGER_MS));
  }
}

async function look(name: string): Promise<void> {
  const response = await fetch(`${gateway.http}/api/v1/streams/live/${names.indexOf(name)}/health`);
  if (!response.ok) return;
  const { verdicts } = (await response.json()) as { verdicts: readonly Verdict[] };
  const own = found.get(name) ?? new Map<string, string>();
  found.set(name, own);
  for (const { code, text } of verdicts) own.set(code, text);
}

async function watch(start: () => Promise<void>): Promise<void> {
  isOver = false;
  await start();
  const until = performance.now() + WATCH_SECONDS * 1000;
  while (performance.now() < until) {
    await Promise.all(names.map(look));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  isOver = true;
  await Promise.all(stops.map((stop) => stop()));
  stops = [];
}

before(async () => {
  if (skip) return;
  gateway = await startGateway({ publish: { graceSeconds: 0 } }); // who was stopped is gone, and no more judged
  makeClips();
  await watch(startGood);
  await watch(startBad);
  if (process.env['DOCTOR_TABLE']) for (const name of names) console.log(name, found.get(name));
});

after(async () => {
  if (skip) return;
  await Promise.all(stops.map((stop) => stop()));
  await gateway.stop();
});

const quiet = [...Object.keys(good), AGAIN];

for (const name of quiet) {
  test(`silent on a real good one: ${name}`, { skip }, () => {
    assert.deepEqual(died, [], 'publishers that ended');
    assert.deepEqual(found.get(name), new Map(), 'it was live, and nothing was said of it');
  });
}

for (const [name, wanted] of [...Object.entries(bad), ...Object.entries(special)]) {
  test(`found in a real one: ${name}`, { skip }, () => {
    const verdicts = found.get(name) ?? new Map<string, string>();
    assert.deepEqual([...verdicts.keys()], [wanted.code], [...verdicts.values()].join('\n'));
    assert.match(verdicts.get(wanted.code)!, wanted.says);
  });
}
