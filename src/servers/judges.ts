import type { StreamName } from '../media/stream-name.ts';
import type { Caller, Visit } from './gate.ts';

/*
 * Whom the gate asks. Both are implemented a floor above the doors and given to the gatekeeper; a judge that has nothing to
 * look up answers at once, so that a visit that nobody has doubts about costs no turn of the event loop.
 */

/** What the rules of access say. */
export type AccessVerdict =
  | {
      readonly allowed: true;
      /** Where the visitor is led: behind a publish key it is another name than the one asked for. */
      readonly name: StreamName;
      /** The stored key it came with. */
      readonly key?: AccessKey | undefined;
    }
  | {
      readonly allowed: false;
      /** For the person at the encoder or player; never the key that was tried. */
      readonly reason: string;
      /** Nothing was shown that could let the visitor in: HTTP says 401 instead of 403. */
      readonly missing?: boolean | undefined;
    };

export interface AccessKey {
  /** Not the secret. */
  readonly id: string;
  /** Of a play key: how many may watch with it at a time. */
  readonly maxViewers?: number | undefined;
}

/** Keys, signed addresses, tokens, networks, origins. */
export interface AccessJudge {
  /** At once wherever nothing has to be fetched. A promise must not reject. */
  judge(visit: Visit): AccessVerdict | Promise<AccessVerdict>;
  /** Nobody is ever refused to watch, by any rule: doors may serve HLS without asking. It may change with the settings. */
  readonly playIsOpen: boolean;
}

/** What the hooks that decide say. */
export type HookVerdict =
  /** `name`: where the visitor is led instead. */
  | { readonly allowed: true; readonly name?: StreamName }
  /** `redirect`: a URL of the visitor's own protocol to try instead. */
  | { readonly allowed: false; readonly reason: string; readonly redirect?: string };

/** `name` is where access has led the visitor, so that no publish key is in it. */
export interface HookVisit extends Visit {
  /** See `Pass.id`. */
  readonly id: string;
}

/** Web addresses that decide. Time-outs, and what a failure means, are theirs: no promise rejects. */
export interface HookJudge {
  /** False: no hook has to be asked. It may change with the settings. */
  isAsked(action: Visit['action'], name: StreamName): boolean;
  isAskedToConnect(app: string): boolean;
  /** `signal`: the visitor has gone. */
  decide(visit: HookVisit, signal: AbortSignal): Promise<HookVerdict>;
  /** A name means nothing here. */
  connect(caller: Caller, signal: AbortSignal): Promise<HookVerdict>;
}
