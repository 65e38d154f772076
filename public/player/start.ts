import type { Stream } from '../api/types.ts';
import { expectedTracks, mediaUrl } from './engine-parts.ts';
import type { Start } from './engine-room.ts';
import type { Engine } from './engines.ts';
import type { Plan } from './fit.ts';
import type { Selection } from './selection.ts';

export interface StartFacts {
  readonly name: { readonly app: string; readonly stream: string };
  readonly engine: Engine;
  readonly facts: Stream | undefined;
  readonly plan: Plan | undefined;
  readonly selection: Selection;
  /** Sound was promised and never came. */
  readonly withoutSound: boolean;
  /** Seconds behind the edge, for a viewer who wants to begin in the past. */
  readonly behind: number | undefined;
}

/** What an engine is started with. */
export function startOf({ name, engine, facts, plan, selection, withoutSound, behind }: StartFacts): Start {
  const track = selection.track(facts, plan);
  return {
    engine,
    facts,
    order: {
      url: mediaUrl(engine, name, { track, clock: true, container: plan?.container }),
      ...expectedTracks(facts, withoutSound || plan?.isSilent === true),
      picture: selection.picture,
      sound: selection.sound,
    },
    beginBehind: behind,
  };
}

/** `?dvr=0` in the page's address asks the server for the short playlist. */
export const wantsPast = (): boolean => new URLSearchParams(location.search).get('dvr') !== '0';
