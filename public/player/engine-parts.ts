import type { Stream } from '../api/types.ts';
import { flvPath, hlsPath } from '../text/links.ts';
import type { EngineOrder, StartEngine } from './engine.ts';
import type { Engine } from './engines.ts';

/** Each engine is a part of its own, loaded when it is its turn. */
export const ENGINE_PARTS: Readonly<Record<Engine, () => Promise<StartEngine>>> = {
  'ws-flv': async () => (await import('./engine-flv.ts')).startFlv,
  'http-flv': async () => (await import('./engine-flv.ts')).startFlv,
  hls: async () => (await import('./engine-hls.ts')).startHls,
  native: async () => (await import('./engine-native.ts')).startNative,
};

export const isFlv = (engine: Engine): boolean => engine === 'ws-flv' || engine === 'http-flv';

/** What the page's address says to the page alone. */
const OWN_PARAMETERS: readonly string[] = ['engine'];

/**
 * Absolute address of a stream's media for an engine. What stands in the page's address is passed on: keys, tokens and
 * signatures let a viewer in, and a back end that decides may want parameters of its own.
 */
export function mediaUrl(engine: Engine, app: string, stream: string): string {
  const url = new URL(isFlv(engine) ? flvPath(app, stream) : hlsPath(app, stream), location.href);
  if (engine === 'ws-flv') url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  for (const [name, value] of new URLSearchParams(location.search))
    if (!OWN_PARAMETERS.includes(name)) url.searchParams.append(name, value);
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
