import { done, publishOne, startPublishers, type WatchMode } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import type { Peer } from '../peers/peer.ts';
import { atMost, type ResultBook } from '../result.ts';
import { costOf, loadOf, warmUp, whereToWatch } from './cost.ts';
import { WAYS_TO_WATCH, WAY_NAMES } from './fan-out.ts';
import { sleep, type BenchOptions, type Scenario } from './scenario.ts';

/** Of each of the two: together they are what the other scenarios measure of one. */
const PUBLISHERS = 50;
const VIEWERS = 100;
/** A full window, so that memory has grown as far as it does. */
const FILL_SECONDS = 26;
const WARM_UP_SECONDS = 15;

/**
 * This build and another one (`BENCH_OTHER`) under the same load in the same seconds: what else the machine does falls on both.
 * Figures taken one after the other scatter by a third on a shared machine, these ratios by a few percent.
 */
export const sideBySide: readonly Scenario[] = [
  { name: 'ingest-beside', run: (book, options) => inTurns(ingestOfBoth, book, options) },
  { name: 'fan-out-beside', run: (book, options) => inTurns(fanOutOfBoth, book, options) },
];

type Measurement = (book: ResultBook, both: Both, options: BenchOptions) => Promise<void>;

async function inTurns(measurement: Measurement, book: ResultBook, options: BenchOptions): Promise<void> {
  const other = process.env['BENCH_OTHER'];
  if (other === undefined) {
    book.skipped.push('side by side: BENCH_OTHER=…/dist/src/main.js names the build to compare with');
    return;
  }
  // Whoever is first has the memory that is there: in turns.
  for (let run = 0; run < options.runs; run++)
    await measurement(book, await startBoth(other, run % 2 === 0), options);
}

interface Both {
  readonly ours: Peer;
  readonly theirs: Peer;
}

/**
 * Once in the first half minute, at a moment of its own, V8 takes a program for idle and reduces its memory: the
 * seconds after it cost up to a half more, and one of the two has them in the measurement and the other has not.
 */
const NODE = ['--no-memory-reducer'];

async function startBoth(other: string, oursFirst: boolean): Promise<Both> {
  if (oursFirst) {
    const ours = await startMillrace({ node: NODE });
    return { ours, theirs: await startMillrace({ main: other, node: NODE }) };
  }
  const theirs = await startMillrace({ main: other, node: NODE });
  return { ours: await startMillrace({ node: NODE }), theirs };
}

async function ingestOfBoth(
  book: ResultBook,
  { ours, theirs }: Both,
  { seconds }: BenchOptions,
): Promise<void> {
  const life = FILL_SECONDS + seconds + 2;
  const publishers = [ours, theirs].map(({ rtmpPort }) =>
    startPublishers({ port: rtmpPort, count: PUBLISHERS, seconds: life }),
  );
  for (const one of publishers) await one.event('publishing');
  await sleep(FILL_SECONDS * 1000);
  const [our, their] = await Promise.all([loadOf(ours.running, seconds), loadOf(theirs.running, seconds)]);
  const title = `${PUBLISHERS} publishers with HLS`;
  add(book, { id: 'ingest', title, unit: 'CPU s/s' }, [our, their]);
  const memory = [ours, theirs].map(({ running }) => running.rssBytes() / 1e6);
  add(book, { id: 'ingest/memory', title: `${title}, memory`, unit: 'MB' }, memory as [number, number]);
  for (const one of publishers) await done(one);
  await Promise.all([ours.stop(), theirs.stop()]);
}

async function fanOutOfBoth(
  book: ResultBook,
  { ours, theirs }: Both,
  { seconds }: BenchOptions,
): Promise<void> {
  const publishers = [await publishOne(ours.rtmpPort), await publishOne(theirs.rtmpPort)];
  await Promise.all([ours, theirs].map((peer) => warmUp(peer, WAYS_TO_WATCH, WARM_UP_SECONDS)));
  for (const mode of WAYS_TO_WATCH) {
    const cost = (peer: Peer): ReturnType<typeof costOf> =>
      costOf(peer.running, { ...whereToWatch(mode, peer), count: VIEWERS, seconds });
    const [our, their] = await Promise.all([cost(ours), cost(theirs)]);
    const figures = [our.msPerMegabyte, their.msPerMegabyte] as const;
    add(book, { id: mode, title: `${WAY_NAMES[mode]}, ${VIEWERS} viewers`, unit: 'ms/MB' }, figures);
    await sleep(500);
  }
  for (const one of publishers) await one.stop();
  await Promise.all([ours.stop(), theirs.stop()]);
}

interface Figure {
  readonly id: 'ingest' | 'ingest/memory' | WatchMode;
  readonly title: string;
  readonly unit: string;
}

function add(book: ResultBook, { id, title, unit }: Figure, [our, their]: readonly [number, number]): void {
  const place = `beside/${id}`;
  book.add({ id: place, title, unit }, our);
  book.add({ id: `${place}/other`, title: `${title}, the other build`, unit }, their);
  const ratio = { id: `${place}/ratio`, title: `${title}, against the other build`, unit: '×' };
  book.add({ ...ratio, goal: atMost(1) }, our / their);
}
