import type HlsClass from 'hls.js';
import type { Stream } from '../api/types.ts';
import { flvPath, hlsPath } from '../text/links.ts';
import { isForMpegts } from './codecs.ts';
import type { EngineOrder, StartEngine } from './engine.ts';
import type { Engine } from './engines.ts';
import { pictures, sounds } from './renditions.ts';

/** Loads an engine: each is a part of its own, loaded when it is its turn. */
export async function loadEngine(engine: Engine, facts: Stream | undefined): Promise<StartEngine> {
  switch (engine) {
    case 'ws-flv':
    case 'http-flv':
      return isAllForMpegts(facts)
        ? (await import('./engine-flv.ts')).startFlv
        : (await import('./engine-fmp4.ts')).startFmp4;
    case 'hls': {
      const [{ hlsEngine }, { default: Hls }] = await Promise.all([
        import('./engine-hls.ts'),
        loadHls(facts),
      ]);
      return hlsEngine(Hls);
    }
    case 'native':
      return (await import('./engine-native.ts')).startNative;
  }
}

/** While nothing is known of the tracks they are what most streams are. */
function isAllForMpegts(facts: Stream | undefined): boolean {
  if (!facts) return true;
  return [...pictures(facts), ...sounds(facts).slice(0, 1)].every(({ codec }) => isForMpegts(codec));
}

/** Several sounds are the one thing that the light build of hls.js cannot do; the whole one is half as large again. */
function loadHls(facts: Stream | undefined): Promise<{ readonly default: typeof HlsClass }> {
  const hasSounds = facts !== undefined && sounds(facts).length > 1;
  return hasSounds ? import('hls.js') : import('hls.js/light');
}

export const isFlv = (engine: Engine): boolean => engine === 'ws-flv' || engine === 'http-flv';

/** What the page's address says to the page alone. */
const OWN_PARAMETERS: readonly string[] = ['engine', 'report', 'track', 'clock'];

/**
 * Absolute address of a stream's media for an engine. What stands in the page's address is passed on: keys, tokens and
 * signatures let a viewer in, `dvr=0` is the server's, and a back end that decides may want parameters of its own.
 *
 * @param asked what FLV is asked for: the number of a picture, and marks of the server's clock; and HLS: a container
 */
export function mediaUrl(
  engine: Engine,
  { app, stream }: { readonly app: string; readonly stream: string },
  asked: {
    readonly track: number;
    readonly clock: boolean;
    readonly container?: 'ts' | undefined;
  } = { track: 0, clock: false },
): string {
  const url = new URL(isFlv(engine) ? flvPath(app, stream) : hlsPath(app, stream), location.href);
  if (engine === 'ws-flv') url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  for (const [name, value] of new URLSearchParams(location.search))
    if (!OWN_PARAMETERS.includes(name)) url.searchParams.append(name, value);
  if (isFlv(engine) && asked.track > 0) url.searchParams.set('track', String(asked.track));
  if (isFlv(engine) && asked.clock) url.searchParams.set('clock', '1');
  if (!isFlv(engine) && asked.container && !url.searchParams.has('container'))
    url.searchParams.set('container', asked.container);
  return url.href;
}

/** Which tracks to expect: the server counts only those that media has come for. Before any has, the stream's own flags decide. */
export function expectedTracks(
  facts: Stream | undefined,
  withoutSound: boolean,
): Pick<EngineOrder, 'hasAudio' | 'hasVideo'> {
  const known = tracksOf(facts) !== '';
  return {
    hasAudio: withoutSound ? false : known ? Boolean(facts?.audio) : undefined,
    hasVideo: known ? Boolean(facts?.video) : undefined,
  };
}

/** Which tracks a stream has, as a word to compare; empty while unknown. */
export function tracksOf(facts: Stream | undefined): string {
  return `${facts?.video ? 'v' : ''}${facts?.audio ? 'a' : ''}`;
}
