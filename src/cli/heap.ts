import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** What may be added to the heap, buffers included, before it is searched for garbage. */
const GROWTH_BYTES = 48 * 1024 * 1024;
/** V8 itself lets a heap grow by 10 to 300 percent, as programs make garbage slowly or fast. */
const LEAST_PERCENT = 10;
const MOST_PERCENT = 300;
/** The percentage is of the heap at the next search: ten thousand requests, come within a second, may have made it three times as large. */
const LOOK_MS = 200;

/**
 * How V8 collects garbage, for a process that is all ours.
 *
 * Frames and segments are large buffers that hang on a small heap. V8 counts them as growth of the heap, though they cost a
 * search next to nothing: with a hundred publishers it would search eight times a second, for half of the processor time.
 * So the growth is set by bytes: a small heap is searched less often, a large one no later. It is no exact bound: the young
 * generation comes on top.
 *
 * The young generation is searched by the main thread alone: little of it lives, and helpers cost more than they take off it.
 */
export function tuneHeap(): void {
  setFlagsFromString('--no-parallel-scavenge');
  const look = (): void => {
    const percent = Math.round((GROWTH_BYTES / getHeapStatistics().used_heap_size) * 100);
    setFlagsFromString(`--heap-growing-percent=${Math.min(MOST_PERCENT, Math.max(LEAST_PERCENT, percent))}`);
  };
  look();
  setInterval(look, LOOK_MS).unref();
}
