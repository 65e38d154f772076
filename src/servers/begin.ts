/**
 * Begins what calls back once, perhaps before it returns, and returns the way to give up: a question to the gate, the wait for a
 * stream. Undefined: the answer has been there at once, and there is nothing to give up.
 */
export function begin<Result>(
  start: (done: (result: Result) => void) => () => void,
  then: (result: Result) => void,
): (() => void) | undefined {
  const state = { isDone: false };
  const giveUp = start((result) => {
    state.isDone = true;
    then(result);
  });
  return state.isDone ? undefined : giveUp;
}
