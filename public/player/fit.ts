import type { Rendition, Stream } from '../api/types.ts';
import { isInTs, nameOf, whoCan } from './codecs.ts';
import type { Engine } from './engines.ts';
import { linesOf, pictures, sounds } from './renditions.ts';

/** By Media Source Extensions or by the browser's own HLS player; in MP4, or in any form that an engine makes of it. */
export type Way = 'media source' | 'media source, mp4' | 'native' | 'native, mp4';

/** Whether this browser decodes a rendition in this way. */
export type Decodes = (way: Way, rendition: Rendition) => Promise<boolean>;

/** How an engine can play a stream. */
export interface Plan {
  readonly engine: Engine;
  /** Number of the picture to ask for: the main one (0), or another one that this browser can play. */
  readonly track: number;
  /** Numbers of all pictures that it could play. */
  readonly tracks: readonly number[];
  /** The sound cannot be decoded: the picture alone is played. */
  readonly isSilent: boolean;
  /** What HLS is to be asked for; undefined: what the server thinks best. */
  readonly container?: 'ts';
}

export type Fit =
  | { kind: 'fits'; plans: readonly [Plan, ...Plan[]] }
  /** This browser cannot play it: why, and what could. */
  | { kind: 'misfit'; sentence: string };

/**
 * Which engines can play a stream here, those first that play its main picture. While nothing is known of its tracks all of
 * them may try.
 */
export async function fit(
  facts: Stream,
  engines: readonly [Engine, ...Engine[]],
  decodes: Decodes,
): Promise<Fit> {
  const plans: Plan[] = [];
  for (const engine of engines) {
    const plan = await planFor(engine, facts, decodes);
    if (plan) plans.push(plan);
  }
  const [first, ...rest] = [...plans.filter(isWhole), ...plans.filter((plan) => !isWhole(plan))];
  if (first) return { kind: 'fits', plans: [first, ...rest] };
  return { kind: 'misfit', sentence: misfit(facts) };
}

const isWhole = ({ track, isSilent }: Plan): boolean => track === 0 && !isSilent;

async function planFor(engine: Engine, facts: Stream, decodes: Decodes): Promise<Plan | undefined> {
  const isHls = engine === 'hls' || engine === 'native';
  const way = engine === 'native' ? 'native' : 'media source';
  const [mainSound] = sounds(facts);
  const isHeard = mainSound === undefined || (await decodes(way, mainSound));
  const needsTs = isHls && isHeard && mainSound !== undefined && !(await decodes(`${way}, mp4`, mainSound));
  const seen: Rendition[] = [];
  for (const one of pictures(facts))
    if ((!needsTs || isInTs(one.codec)) && (await decodes(way, one))) seen.push(one);
  const hasPictures = pictures(facts).length > 0;
  if (hasPictures && seen.length === 0) return undefined;
  // A playlist names its codecs together: players of HLS leave out what they cannot play as a whole.
  if (!isHeard && (!hasPictures || isHls)) return undefined;
  return {
    engine,
    track: seen.some(({ track }) => track === 0) ? 0 : (best(seen)?.track ?? 0),
    tracks: seen.map(({ track }) => track),
    isSilent: !isHeard,
    ...(needsTs && { container: 'ts' }),
  };
}

function best(among: readonly Rendition[]): Rendition | undefined {
  return [...among].sort((one, other) => linesOf(other) - linesOf(one))[0];
}

function misfit(facts: Stream): string {
  const [picture] = pictures(facts);
  const codec = picture?.codec ?? sounds(facts)[0]?.codec ?? '';
  return `This stream is ${nameOf(codec)}, which this browser cannot play. ${whoCan(codec)}`;
}

/** What is played in another way than it is sent, in one sentence; undefined: nothing is. */
export function noteOf(plan: Plan, facts: Stream): string | undefined {
  const [picture] = pictures(facts);
  const [sound] = sounds(facts);
  if (plan.isSilent && sound)
    return `The sound is ${nameOf(sound.codec)}, which this browser cannot play. This is the picture alone.`;
  const shown = pictures(facts).find(({ track }) => track === plan.track);
  if (plan.track === 0 || !picture || !shown) return undefined;
  const lines = linesOf(shown);
  const what = `${lines > 0 ? `${lines}p, ` : ''}${nameOf(shown.codec)}`;
  return `The main picture is ${nameOf(picture.codec)}, which this browser cannot play. This is another one of the same stream (${what}).`;
}
