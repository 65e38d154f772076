import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { EngineRun } from '../../../public/player/engine.ts';
import { FLV_BAND } from '../../../public/player/edge.ts';
import { hearPage } from '../../../public/player/page-events.ts';
import { Pilot } from '../../../public/player/pilot.ts';

/** A hole in the media: what the page does before it, whatever the browser does there. */

type Ranges = readonly (readonly [number, number])[];

/** As much of a video element as is used. */
class Video extends EventTarget {
  currentTime = 4.54;
  playbackRate = 1;
  readyState = 3;
  paused = false;
  ended = false;
  seeking = false;
  readonly #ranges: Ranges;

  constructor(ranges: Ranges) {
    super();
    this.#ranges = ranges;
  }

  get buffered(): unknown {
    const ranges = this.#ranges;
    return { length: ranges.length, start: (i: number) => ranges[i]![0], end: (i: number) => ranges[i]![1] };
  }

  get element(): HTMLVideoElement {
    return this as unknown as HTMLVideoElement;
  }
}

const RUN = { band: FLV_BAND, edge: () => 8.2, past: () => undefined } as unknown as EngineRun;
const HOLE: Ranges = [
  [0, 4.62],
  [8.06, 8.2],
];

function withGlobals(context: TestContext, globals: Record<string, unknown>): void {
  const before = Object.getOwnPropertyDescriptors(globalThis);
  for (const [name, value] of Object.entries(globals))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  context.after(() => {
    for (const name of Object.keys(globals)) {
      const was = before[name as keyof typeof before];
      if (was) Object.defineProperty(globalThis, name, was);
      else Reflect.deleteProperty(globalThis, name);
    }
  });
}

interface Pause {
  readonly ranges: Ranges;
  /** The page has just sought. */
  readonly isSettling?: boolean;
  /** The viewer has just touched something. */
  readonly isTouched?: boolean;
}

function pausedIn(context: TestContext, { ranges, isSettling = false, isTouched = false }: Pause): string[] {
  const document = Object.assign(new EventTarget(), { hidden: false });
  const navigator = { userActivation: { isActive: isTouched } };
  withGlobals(context, { document, navigator, window: new EventTarget() });
  const video = new Video(ranges);
  const heard: string[] = [];
  const note = (what: string) => (): void => void heard.push(what);
  const ends = new AbortController();
  context.after(() => ends.abort());
  hearPage(
    { video: video.element, signal: ends.signal, isPlaying: () => true, isSettling: () => isSettling },
    {
      paused: note('paused'),
      gaveUp: note('gave up'),
      played: note('played'),
      waited: note('waited'),
      hidden: note('hidden'),
      seenAgain: note('seen again'),
      online: note('online'),
      left: note('left'),
      returned: note('returned'),
    },
  );
  video.paused = true;
  video.dispatchEvent(new Event('pause'));
  return heard;
}

const ONE_PIECE: Ranges = [[0, 9]];

test('a browser that pauses at a hole has given up; a viewer who pauses elsewhere has paused', (context) => {
  assert.deepEqual(pausedIn(context, { ranges: HOLE }), ['gave up']);
  assert.deepEqual(pausedIn(context, { ranges: [[0, 4.62]] }), ['paused'], 'at the end of what has come');
  assert.deepEqual(pausedIn(context, { ranges: ONE_PIECE }), ['paused']);
});

test('a pause right behind a seek of the page is the viewer’s only if the viewer has touched something', (context) => {
  const justSought = { ranges: ONE_PIECE, isSettling: true };
  assert.deepEqual(pausedIn(context, justSought), ['gave up']);
  assert.deepEqual(pausedIn(context, { ...justSought, isTouched: true }), ['paused']);
});

test('the picture is taken across a hole, paused or not', (context) => {
  withGlobals(context, { HTMLMediaElement: { HAVE_CURRENT_DATA: 2 } });
  const video = new Video(HOLE);
  new Pilot(video.element, RUN).crossHole();
  assert.ok(video.currentTime > 8.06 && video.currentTime < 8.1, `at ${video.currentTime}`);
});

test('a picture that stands still does not hurry: what is missing is not made up for by speed', (context) => {
  withGlobals(context, { HTMLMediaElement: { HAVE_CURRENT_DATA: 2 } });
  const video = new Video(HOLE);
  const pilot = new Pilot(video.element, RUN);
  pilot.tick(0, true);
  video.currentTime = 6.2;
  const rates = [2, 4].map((readyState) => {
    video.readyState = readyState;
    pilot.tick(250, true);
    return video.playbackRate;
  });
  assert.deepEqual(rates, [1, 1.05], '2 s behind: starved, and playing');
});
