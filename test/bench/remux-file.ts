/**
 * remux-file FILE.flv [PROFILE]: from FLV in memory to HLS segments in memory, twice: as the first call of a process, and as code that is
 * warm, as a gateway's is. Prints what each took, without Node's start and without reading the file.
 * With PROFILE, ten more warm calls are profiled into that file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { FlvReader } from '../../src/containers/flv/reader.ts';
import { TAG_AUDIO, TAG_VIDEO } from '../../src/containers/flv/tag.ts';
import { FlvInput } from '../../src/inputs/flv-input.ts';
import { CutSchedule } from '../../src/outputs/hls/cut-schedule.ts';
import { Segmenter } from '../../src/outputs/hls/segmenter.ts';
import { TsPackager } from '../../src/outputs/hls/ts-packager.ts';
import { ticks } from '../../src/media/time.ts';

const file = readFileSync(process.argv[2]!);
const PART_SECONDS = 0.33;

interface Remuxed {
  readonly cpuSeconds: number;
  readonly bytes: number;
  readonly segments: number;
}

function remux(): Remuxed {
  let bytes = 0;
  let segments = 0;
  const before = process.cpuUsage();
  const packager = new TsPackager();
  const segmenter = new Segmenter({
    cuts: new CutSchedule(2, PART_SECONDS),
    clock: () => 0,
    judge: packager,
    sink: {
      open: ({ tracks, discontinuity }) => packager.begin(tracks, !discontinuity && segments > 0),
      part: ({ frames }) => {
        for (const frame of frames) packager.write(frame);
      },
      close: () => {
        bytes += packager.finish().length;
        segments++;
      },
    },
  });
  let epoch = 0;
  const input = new FlvInput({
    origin: ticks(0),
    formerTracks: {},
    newEpoch: () => ++epoch,
    write: (frame) => {
      if (frame.kind !== 'data') segmenter.write(frame);
    },
    describe: () => undefined,
  });
  new FlvReader({ owned: true }).push(file, ({ type, timestamp, body }) => {
    if (type === TAG_VIDEO) input.video(timestamp, body);
    else if (type === TAG_AUDIO) input.audio(timestamp, body);
  });
  segmenter.interrupt();
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, bytes, segments };
}

async function profile(into: string): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  for (let call = 0; call < 10; call++) remux();
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(into, JSON.stringify(profile));
}

const cold = remux();
const warm = remux();
process.stdout.write(`${JSON.stringify({ event: 'done', cold, warm })}\n`);
if (process.argv[3] !== undefined) await profile(process.argv[3]);
