import type { StreamName } from '../../media/stream-name.ts';

/** What is fetched, as hooks, the list of visits and the log know it. */
export interface Fetched {
  readonly name: StreamName;
  /** Of the server it comes from. */
  readonly address: string;
  /** The relay, its address without secrets. */
  readonly program: string;
}

/** A pull in the list of publishers. */
export interface PullPass {
  /** The stream is there. `kick` ends the connection, for now. */
  began(
    kick: (reason: string) => void,
    traffic: () => { readonly bytesIn: number; readonly bytesOut: number },
  ): void;
  /** It is over, however; called once, also if it never began. */
  over(reason: string): void;
}

/**
 * Asks whether what is fetched may be published here; the answer comes at once or later. The returned function gives up: no
 * answer comes after it.
 */
export type Admit = (
  fetched: Fetched,
  answer: (
    verdict:
      | { readonly granted: true; readonly pass: PullPass }
      | { readonly granted: false; readonly reason: string },
  ) => void,
) => () => void;

const NOBODY: PullPass = { began: () => undefined, over: () => undefined };

/** Where nobody has to be asked, and nobody keeps a list. */
export const ADMIT_ALL: Admit = (_fetched, answer) => {
  answer({ granted: true, pass: NOBODY });
  return () => undefined;
};
