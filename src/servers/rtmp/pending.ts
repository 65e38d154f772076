import { begin as beginning } from '../begin.ts';

/** What the message streams of a connection wait for: a verdict, a stream to come. One thing each. */
export class Pending {
  /** Made when something waits: most connections seldom do. */
  #giveUp: Map<number, () => void> | undefined;

  get size(): number {
    return this.#giveUp?.size ?? 0;
  }

  /**
   * @param begin starts what will call back once, perhaps before it returns; it returns the way to give up
   * @param then is not called after {@link giveUp}
   */
  wait<Result>(
    streamId: number,
    begin: (done: (result: Result) => void) => () => void,
    then: (result: Result) => void,
  ): void {
    const giveUp = beginning<Result>(begin, (result) => {
      this.#giveUp?.delete(streamId);
      then(result);
    });
    if (giveUp) (this.#giveUp ??= new Map()).set(streamId, giveUp);
  }

  /** Nothing happens if this stream waits for nothing. */
  giveUp(streamId: number): void {
    this.#giveUp?.get(streamId)?.();
    this.#giveUp?.delete(streamId);
  }

  giveUpAll(): void {
    for (const streamId of [...(this.#giveUp?.keys() ?? [])]) this.giveUp(streamId);
  }
}
