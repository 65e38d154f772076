import { multivariantText, type AudioRendition, type Variant } from './multivariant.ts';
import { PLAYLIST_VERSION } from './playlist.ts';
import { Rendered } from './rendered.ts';
import { isApart, isSound, numberOf } from './rendition-id.ts';
import type { HlsAsk, Rung } from './rung.ts';

/**
 * A player that knows nothing of its network begins with the first variant: the best that most networks carry. In bits
 * a second, of the fattest segment.
 */
const FIRST_BANDWIDTH = 4_000_000;
/** Once one rendition has so many segments, or has ended, others that still have none are not waited for. */
const ENOUGH_SEGMENTS = 2;

interface Offered {
  readonly output: Rung;
  readonly variant: Variant;
}

/** Renditions that are offered together: what one multivariant playlist names. */
export class Ladder {
  readonly #outputs: () => readonly Rung[];
  /** Of the renditions as they are now, by what was asked. */
  readonly #rendered = new Map<string, Rendered>();
  #stamps = '';

  /** @param outputs those that there are now; the first one is the main rendition, of several streams each stream's */
  constructor(outputs: () => readonly Rung[]) {
    this.#outputs = outputs;
  }

  /** Rendered once for each change. Undefined: not yet, or every rendition refuses. */
  multivariant({ container, dvr }: HlsAsk): Rendered | undefined {
    const outputs = this.#outputs();
    const stamps = outputs.map(({ stamp }) => stamp).join(' ');
    if (stamps !== this.#stamps) this.#rendered.clear();
    this.#stamps = stamps;
    const key = `${container} ${dvr}`;
    const known = this.#rendered.get(key);
    if (known) return known;
    const rungs = this.#isWhole(outputs) ? offered(rungsOf(outputs, { container, dvr }), container) : [];
    const text = textOf(rungs, container);
    if (text === undefined) return undefined;
    const rendered = new Rendered(text);
    this.#rendered.set(key, rendered);
    return rendered;
  }

  /** Why there is no playlist in this container, in words; undefined: there is, or there may be. */
  refusal(ask: HlsAsk): string | undefined {
    const refusals = this.#outputs().map((output) => output.refusal(ask));
    return refusals.includes(undefined) ? undefined : refusals[0];
  }

  /**
   * Calls back once there is a first playlist to be had with all renditions in it, or one of them has come far enough or to its
   * end without the others: at once if that is so now. With `segments` above 1 the main rendition alone counts. Returns how to give
   * up.
   */
  whenReady(callback: () => void, segments = 1): () => void {
    const outputs = this.#outputs();
    const [main, ...others] = outputs;
    if (main && (others.length === 0 || segments > 1)) return main.whenMade(segments, callback);
    const stops = new Set<() => void>();
    const waiting = { isOver: false };
    const stop = (): void => {
      waiting.isOver = true;
      for (const giveUp of stops) giveUp();
    };
    const look = (): void => {
      if (waiting.isOver || !this.#isWhole(this.#outputs())) return;
      stop();
      callback();
    };
    look();
    for (const count of [1, ENOUGH_SEGMENTS])
      for (const output of outputs) if (!waiting.isOver) stops.add(output.whenMade(count, look));
    return stop;
  }

  #isWhole(outputs: readonly Rung[]): boolean {
    const isLate = outputs.some(({ made, isEnded }) => made >= ENOUGH_SEGMENTS || (made > 0 && isEnded));
    return isLate || outputs.every(({ made, isEnded }) => made > 0 || isEnded);
  }
}

function rungsOf(outputs: readonly Rung[], ask: HlsAsk): Offered[] {
  return outputs.flatMap((output) => {
    const variant = output.variant(ask);
    return variant ? [{ output, variant }] : [];
  });
}

/**
 * Of each stream its pictures with the main sound in them, or apart from all sounds. Players take the sound out of MPEG-TS if another
 * one is chosen, and cannot out of fragmented MP4.
 */
function offered(rungs: readonly Offered[], container: HlsAsk['container']): Offered[] {
  const isFmp4 = ({ output }: Offered): boolean => (container ?? output.usualContainer) === 'fmp4';
  const canBeApart = (group: string): boolean => {
    const own = rungs.filter((rung) => rung.output.group === group && isFmp4(rung));
    const ids = own.map(({ output }) => output.id);
    return ids.includes('picture0') && ids.includes('sound0');
  };
  const apart = new Set([...new Set(rungs.map(({ output }) => output.group))].filter(canBeApart));
  const isInBoth = ({ id }: Rung): boolean => isSound(id) && !isApart(id);
  return rungs.filter(({ output }) => isInBoth(output) || isApart(output.id) === apart.has(output.group));
}

/** Undefined: nothing that could be played. */
function textOf(rungs: readonly Offered[], container: HlsAsk['container']): string | undefined {
  const sounds = rungs.filter(({ output }) => isSound(output.id));
  const shown = rungs.filter(({ output }) => !isSound(output.id));
  if (shown.length === 0) return undefined;
  const variants = shown.map(({ output, variant }) =>
    withSounds(
      variant,
      sounds.filter((sound) => sound.output.group === output.group),
    ),
  );
  return multivariantText({
    independent: rungs.every(({ output }) => output.isIndependent),
    variants: inOrder(variants),
    renditions: soundsOf(shown, sounds),
    version: PLAYLIST_VERSION[container ?? shown[0]!.output.usualContainer],
  });
}

/** The one to begin with, then the others, best first. */
function inOrder(variants: readonly Variant[]): Variant[] {
  const sorted = [...variants].sort((one, other) => other.peakBandwidth - one.peakBandwidth);
  const first = sorted.find(({ peakBandwidth }) => peakBandwidth <= FIRST_BANDWIDTH) ?? sorted.at(-1)!;
  return [first, ...sorted.filter((variant) => variant !== first)];
}

/** A player that takes another sound fetches both, that in the variant too. */
function withSounds(variant: Variant, sounds: readonly Offered[]): Variant {
  if (sounds.length === 0) return variant;
  const most = (of: 'peakBandwidth' | 'averageBandwidth'): number =>
    Math.max(...sounds.map((sound) => sound.variant[of]));
  return {
    ...variant,
    peakBandwidth: variant.peakBandwidth + most('peakBandwidth'),
    averageBandwidth: variant.averageBandwidth + most('averageBandwidth'),
    audioGroup: sounds[0]!.output.group,
    audioCodecs: sounds.flatMap((sound) => sound.variant.tracks.audio?.codecString ?? []),
  };
}

/** The sound that the variants have in them comes first: it is what plays where nobody chooses. */
function soundsOf(shown: readonly Offered[], sounds: readonly Offered[]): AudioRendition[] {
  const groups = new Set(sounds.map(({ output }) => output.group));
  return [...groups].flatMap((group) => {
    const own = sounds.filter(({ output }) => output.group === group);
    const main = shown.find(({ output, variant }) => output.group === group && variant.tracks.audio);
    const all = main ? [main, ...own] : own;
    const names = new Set<string>();
    return all.map((rung): AudioRendition => {
      const { output, variant } = rung;
      const channels = variant.tracks.audio?.channels;
      const number = rung === main ? 0 : numberOf(output.id);
      const { name, language } = output.soundLabel;
      // Names are different within a group: RFC 8216 §4.3.4.1.1.
      const unique = name !== undefined && !names.has(name) ? name : `Sound ${number + 1}`;
      names.add(unique);
      return {
        group,
        name: unique,
        uri: rung === main ? undefined : variant.uri,
        isDefault: rung === all[0],
        ...(language !== undefined && { language }),
        ...(channels !== undefined && { channels }),
      };
    });
  });
}
