import { rangeAfter } from './picture.ts';

/** What the player hears of the video element and of the page around it. */
export interface PageEvents {
  /** Paused by the viewer, and not by an engine that stops or by a browser that saves power. */
  paused(): void;
  /** Paused by a browser that stops at a hole in the media, or behind a seek of the page's, as WebKitGTK does. */
  gaveUp(): void;
  played(): void;
  /** Data is wanting. */
  waited(): void;
  /** The page is put away, and may never be heard of again. */
  hidden(): void;
  /** @param wasPaused the browser has paused it meanwhile */
  seenAgain(wasPaused: boolean): void;
  online(): void;
  left(): void;
  /** Back from the browser's page cache: the connection was closed when the page went there. */
  returned(): void;
}

export interface PageHearing {
  readonly video: HTMLVideoElement;
  readonly signal: AbortSignal;
  /** A pause without an engine at work is nobody's. */
  readonly isPlaying: () => boolean;
  /** The page has just sought. */
  readonly isSettling: () => boolean;
}

export function hearPage(hearing: PageHearing, page: PageEvents): void {
  const { video, signal, isPlaying } = hearing;
  let pausedByBrowser = false;
  const on = (target: EventTarget, name: string, heard: () => void): void =>
    target.addEventListener(name, heard, { signal });
  on(video, 'pause', () => {
    if (!video.paused || video.ended || !isPlaying()) return;
    if (document.hidden) pausedByBrowser = true;
    else if (isOfBrowser(hearing)) page.gaveUp();
    else page.paused();
  });
  on(video, 'play', () => page.played());
  on(video, 'waiting', () => page.waited());
  on(document, 'visibilitychange', () => {
    if (document.hidden) return page.hidden();
    if (!isPlaying()) return;
    page.seenAgain(pausedByBrowser);
    pausedByBrowser = false;
  });
  on(window, 'online', () => page.online());
  on(window, 'pagehide', () => page.left());
  window.addEventListener('pageshow', (event) => (event.persisted ? page.returned() : undefined), { signal });
}

/** Nobody pauses in that moment by chance, and without having touched anything. */
function isOfBrowser({ video, isSettling }: PageHearing): boolean {
  const { userActivation } = navigator as { userActivation?: UserActivation };
  const isAtHole = rangeAfter(video.buffered, video.currentTime) !== undefined;
  return isAtHole || (isSettling() && userActivation?.isActive === false);
}
