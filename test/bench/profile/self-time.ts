/** What V8's profiler gives: a tree of functions, and which of them ran at each sample. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples?: readonly number[];
  /** Microseconds between samples. */
  readonly timeDeltas?: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

export interface SelfTime {
  readonly name: string;
  /** Where it is written: `stream/viewer.ts`, `node:net`, or empty for what V8 itself does. */
  readonly place: string;
  /** Of the time in which the process was not idle, 0 to 1. */
  readonly share: number;
}

/** V8's names for time without any function. */
const IDLE = '(idle)';

/**
 * Which functions the time was spent in, without what they called; the largest first.
 * `placeOf`: where a function of the built gateway was written.
 */
export function selfTimes(
  profile: CpuProfile,
  placeOf: (url: string, line: number) => string = plainPlace,
): SelfTime[] {
  const byId = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const micros = new Map<string, { name: string; place: string; micros: number }>();
  let busy = 0;
  profile.samples?.forEach((id, at) => {
    const frame = byId.get(id);
    if (!frame || frame.functionName === IDLE) return;
    const spent = profile.timeDeltas?.[at] ?? 0;
    const name = frame.functionName || '(anonymous)';
    const place = frame.url === '' ? '' : placeOf(frame.url, frame.lineNumber);
    const known = micros.get(`${name} ${place}`) ?? { name, place, micros: 0 };
    known.micros += spent;
    micros.set(`${name} ${place}`, known);
    busy += spent;
  });
  return [...micros.values()]
    .sort((a, b) => b.micros - a.micros)
    .map(({ name, place, micros: own }) => ({ name, place, share: own / busy }));
}

/** `node:net`, or the last two parts of a path. */
function plainPlace(url: string): string {
  return url.startsWith('node:') ? url : url.split('/').slice(-2).join('/');
}

/** Finds the source file of a line in a bundle: the bundler writes its name above what came from it. */
export function placesIn(bundle: string): (line: number) => string | undefined {
  const marks: { line: number; place: string }[] = [];
  bundle.split('\n').forEach((text, line) => {
    const place = /^\/\/ (?:src\/)?(\S+\.ts)$/.exec(text)?.[1];
    if (place !== undefined) marks.push({ line, place });
  });
  return (line) => marks.findLast((mark) => mark.line <= line)?.place;
}
