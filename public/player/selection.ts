import type { Stream } from '../api/types.ts';
import { nearest, rememberedPicture, rememberPicture, type PictureWish } from './choice.ts';
import type { EngineRun } from './engine.ts';
import type { Plan } from './fit.ts';
import { flvLevels, menuOf, ofLevels, soundNames, type Menu } from './menu.ts';

/** What there is to select from now. */
export interface Offer {
  readonly facts: Stream | undefined;
  readonly plan: Plan | undefined;
  readonly run: EngineRun | undefined;
}

/** What the viewer has selected: a picture, a sound, a moment in the past. */
export class Selection {
  /** Played by HLS instead of the engine that would be best, for what that cannot do: the past, other sounds. */
  detour: 'past' | 'sound' | undefined;
  #picture = rememberedPicture();
  #sound: number | undefined;
  /** Number of a picture out of the page's address; the menu replaces it. */
  #track = trackWanted(location.search);

  /** Undefined: the page chooses. */
  get picture(): PictureWish | undefined {
    return this.#picture;
  }

  /** Place in the list; undefined: the main one. */
  get sound(): number | undefined {
    return this.#sound;
  }

  /** Number of the picture that FLV is asked for. */
  track(facts: Stream | undefined, plan: Plan | undefined): number {
    if (!plan) return 0;
    if (this.#track !== undefined && plan.tracks.includes(this.#track)) return this.#track;
    const place = facts && this.#picture && nearest(flvLevels(facts, plan), this.#picture);
    return (place === undefined ? undefined : plan.tracks[place]) ?? plan.track;
  }

  menu({ facts, plan, run, hasHls }: Offer & { readonly hasHls: boolean }): Menu {
    const isAuto = this.#picture === undefined && this.#track === undefined;
    const levels = run?.levels;
    if (levels) {
      const chosen = this.#picture && nearest(levels.pictures, this.#picture);
      return menuOf({ ...ofLevels(levels), chosen, sounds: namedAlike(levels.sounds, facts) });
    }
    if (!facts || !plan || plan.engine === 'hls' || plan.engine === 'native')
      return menuOf({ levels: [], shown: undefined, chosen: undefined, sounds: [], heard: undefined });
    const shown = plan.tracks.indexOf(this.track(facts, plan));
    return menuOf({
      levels: flvLevels(facts, plan),
      shown,
      chosen: isAuto ? undefined : shown,
      sounds: hasHls ? soundNames(facts) : [],
      heard: 0,
    });
  }

  /** @returns whether only a new start brings it */
  choosePicture(place: number | undefined, { facts, plan, run }: Offer): boolean {
    const before = this.track(facts, plan);
    const pictures = run?.levels?.pictures ?? (facts && plan ? flvLevels(facts, plan) : []);
    const one = place === undefined ? undefined : pictures[place];
    this.#track = undefined;
    this.#picture = one && { lines: one.lines, kbps: one.kbps };
    rememberPicture(this.#picture);
    if (run?.levels) {
      run.levels.choosePicture(place);
      return false;
    }
    return this.track(facts, plan) !== before;
  }

  /** @returns whether only a new start brings it */
  chooseSound(place: number, run: EngineRun | undefined): boolean {
    this.#sound = place === 0 ? undefined : place;
    if (run?.levels && run.levels.sounds.length > 1) {
      run.levels.chooseSound(place);
      return false;
    }
    this.detour = place === 0 ? undefined : 'sound';
    return true;
  }

  /**
   * Ends a detour that led nowhere, or a choice that could not be played. False: there was none.
   *
   * @param isSwitching what was chosen was just tried
   */
  goHome(isSwitching: boolean): boolean {
    const isChosen = isSwitching && (this.#picture !== undefined || this.#track !== undefined);
    if (!this.detour && !isChosen) return false;
    if (!this.detour) {
      this.#picture = undefined; // for this page; other streams may have it
      this.#track = undefined;
    }
    this.detour = undefined;
    this.#sound = undefined;
    return true;
  }
}

/** The server's name for a sound without one. */
const NAMELESS = /^Sound \d+$/;

/** A sound that its publisher gave no name has the same one here as by FLV; a ladder of several streams has sounds of its own. */
function namedAlike(names: readonly string[], facts: Stream | undefined): readonly string[] {
  const own = facts ? soundNames(facts) : [];
  if (own.length !== names.length) return names;
  return names.map((name, place) => (NAMELESS.test(name) ? (own[place] ?? name) : name));
}

function trackWanted(search: string): number | undefined {
  const text = new URLSearchParams(search).get('track');
  return text !== null && /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}
