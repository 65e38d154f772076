/**
 * One thing that strangers can send bytes to, and what must hold whatever they send. A target is a plain function of its
 * input: the same bytes do the same each time, so an input that breaks it can be kept as a file and tried again.
 */
export interface Target {
  /** Also the name of its corpus and of its folder in `test/zoo/files`. */
  readonly name: string;
  /** What {@link run} checks, as a sentence: the name of its test. */
  readonly holds: string;
  readonly maxBytes: number;
  /** Processor time in ms that one input of {@link maxBytes} may take, all checks included; the best of three tries counts. */
  readonly deadlineMs: number;
  /** Inputs that lead deep: real bytes, or what an encoder would send. */
  readonly seeds: () => Uint8Array[];
  /** Byte strings that mean something here. */
  readonly words?: readonly (string | Uint8Array)[];
  /** Throws if anything is not as {@link holds} says. */
  readonly run: (bytes: Buffer) => void;
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** What a call gave, or the error of an allowed class that it threw. Any other error goes on up: a death. */
export type Outcome<Value> = { readonly value: Value } | { readonly error: Error };

export function outcome<Value>(allowed: readonly ErrorClass[], call: () => Value): Outcome<Value> {
  try {
    return { value: call() };
  } catch (error) {
    if (error instanceof Error && allowed.some((one) => error instanceof one)) return { error };
    throw error;
  }
}

/** Ways to cut the same bytes: whole, into single bytes, and into pieces whose lengths the bytes themselves decide. */
export function cuts(bytes: Buffer): Buffer[][] {
  return [[bytes], piecesOf(bytes, () => 1), piecesOf(bytes, (at) => 1 + (bytes[at]! % 23))];
}

function piecesOf(bytes: Buffer, lengthAt: (at: number) => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + lengthAt(at));
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
