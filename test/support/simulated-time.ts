import FakeTimers from '@sinonjs/fake-timers';
import { syncBuiltinESMExports } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';

/** Turns of the event loop without a timer: whatever promises and streams do in memory is done by then. */
const TURNS = 4;
/** Where the clock of the wall begins. */
const BEGINNING = Date.UTC(2026, 0, 1);

async function nothingLeftToDo(): Promise<void> {
  for (let count = 0; count < TURNS; count++) await turn();
}

/**
 * Runs `work` by a clock that stands still while there is anything to do, and then goes to the next timer: what takes a minute is
 * over as soon as it is worked out, and no machine is too slow for it. `work` must not wait for anything outside this process.
 * Throws if it waits for what no timer brings.
 */
export async function inSimulatedTime<Value>(work: () => Promise<Value>): Promise<Value> {
  const clock = FakeTimers.install({
    now: BEGINNING,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  const timeout = Object.getOwnPropertyDescriptor(AbortSignal, 'timeout')!;
  AbortSignal.timeout = signalAfter;
  syncBuiltinESMExports(); // `node:timers/promises` is imported by name
  try {
    const run = { isOver: false };
    const result = work().finally(() => (run.isOver = true));
    result.catch(() => undefined); // it is awaited once it is over
    for (;;) {
      await nothingLeftToDo();
      if (run.isOver) return await result;
      if (clock.countTimers() === 0) throw new Error('it waits, and there is no timer left');
      clock.next();
    }
  } finally {
    Object.defineProperty(AbortSignal, 'timeout', timeout);
    clock.uninstall();
    syncBuiltinESMExports();
  }
}

/** What AbortSignal.timeout does, by the timers that can be exchanged. */
function signalAfter(ms: number): AbortSignal {
  const over = new AbortController();
  setTimeout(() => over.abort(new DOMException('the time is up', 'TimeoutError')), ms);
  return over.signal;
}
