/** The ways to play, best first: what `?engine=` takes. */
const ENGINES = ['ws-flv', 'http-flv', 'hls', 'native'] as const;
export type Engine = (typeof ENGINES)[number];

export const ENGINE_NAMES: Readonly<Record<Engine, string>> = {
  'ws-flv': 'WebSocket-FLV',
  'http-flv': 'HTTP-FLV',
  hls: 'HLS',
  native: 'Native HLS',
};

/** What this browser can do. */
export interface Capabilities {
  /** MediaSource or ManagedMediaSource exists. */
  readonly mediaSource: boolean;
  readonly webSocket: boolean;
  /** `fetch` hands over a body piece by piece. */
  readonly streamingFetch: boolean;
  /** The video element says that it plays HLS. Chrome answers `maybe` and then fails, hence the last rung. */
  readonly nativeHls: boolean;
}

function can(engine: Engine, browser: Capabilities): boolean {
  switch (engine) {
    case 'ws-flv':
      return browser.mediaSource && browser.webSocket;
    case 'http-flv':
      return browser.mediaSource && browser.streamingFetch;
    case 'hls':
      return browser.mediaSource;
    case 'native':
      return browser.nativeHls;
  }
}

export type Choice =
  | { kind: 'ladder'; engines: readonly [Engine, ...Engine[]]; forced: boolean }
  | { kind: 'impossible'; sentence: string };

/**
 * The engines to try, in this order. A forced engine stands alone.
 * `wanted` is the text of `?engine=`, or `null` when the viewer leaves the choice to the page.
 */
export function chooseEngines(browser: Capabilities, wanted: string | null): Choice {
  if (wanted !== null) return forced(browser, wanted);
  const [first, ...rest] = ENGINES.filter((engine) => can(engine, browser));
  if (first === undefined) {
    return {
      kind: 'impossible',
      sentence:
        'This browser has no way to play live video: it knows neither Media Source Extensions nor HLS.',
    };
  }
  return { kind: 'ladder', engines: [first, ...rest], forced: false };
}

function forced(browser: Capabilities, wanted: string): Choice {
  const engine = ENGINES.find((name) => name === wanted);
  if (engine === undefined) {
    return {
      kind: 'impossible',
      sentence: `There is no engine “${wanted}”. Choose one of ${ENGINES.join(', ')}.`,
    };
  }
  if (!can(engine, browser)) {
    return { kind: 'impossible', sentence: `This browser cannot play by ${ENGINE_NAMES[engine]}.` };
  }
  return { kind: 'ladder', engines: [engine], forced: true };
}
