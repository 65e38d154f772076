import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { TOGGLE_QUALITY } from './quality-menu.tsx';
import type { Player } from '../player/player.ts';

/** How far the left and right arrows go, in seconds. */
const ARROW_SECONDS = 5;
const VOLUME_STEP = 0.1;

/** What the help dialog lists. */
export const KEYS: readonly { readonly keys: readonly string[]; readonly does: string }[] = [
  { keys: ['Space', 'K'], does: 'Play or pause' },
  { keys: ['M'], does: 'Sound on or off' },
  { keys: ['F'], does: 'Full screen' },
  { keys: ['←', '→'], does: `Back or forward ${ARROW_SECONDS} s` },
  { keys: ['↑', '↓'], does: 'Louder or softer' },
  { keys: ['L'], does: 'Go to live' },
  { keys: ['Q'], does: 'Quality and sound' },
  { keys: ['I'], does: 'Stats' },
  { keys: ['?'], does: 'This list' },
];

export interface PageActions {
  readonly stats: () => void;
  readonly help: () => void;
}

/** The player's keys work wherever the focus is, except where it has a use for the key itself. */
export function usePlayerKeys(player: RefObject<Player | undefined>, page: PageActions): void {
  const { stats, help } = page;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTaken(event)) return;
      if (act(event.key, player.current, { stats, help })) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [player, stats, help]);
}

function isTaken(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  if (document.querySelector('dialog[open]')) return true;
  if (target.matches('input:not([type=range]), textarea, select')) return true;
  if (event.key === ' ') return target.closest('button, a, summary, [role=button], [role=slider]') !== null;
  return event.key.startsWith('Arrow') && target.closest('input, [role=slider], media-volume-range') !== null;
}

function act(key: string, player: Player | undefined, page: PageActions): boolean {
  const video = document.querySelector('video');
  switch (key.length === 1 ? key.toLowerCase() : key) {
    case ' ':
    case 'k':
      player?.toggle();
      return true;
    case 'm':
      if (video) video.muted = !video.muted;
      return true;
    case 'f':
      void toggleFullscreen();
      return true;
    case 'l':
      player?.toEdge();
      return true;
    case 'q':
      document.dispatchEvent(new Event(TOGGLE_QUALITY));
      return true;
    case 'i':
      page.stats();
      return true;
    case '?':
      page.help();
      return true;
    case 'ArrowLeft':
      player?.back(ARROW_SECONDS);
      return true;
    case 'ArrowRight':
      player?.back(-ARROW_SECONDS);
      return true;
    case 'ArrowUp':
    case 'ArrowDown':
      if (video) louder(video, key === 'ArrowUp' ? VOLUME_STEP : -VOLUME_STEP);
      return true;
    default:
      return false;
  }
}

function louder(video: HTMLVideoElement, step: number): void {
  video.volume = Math.min(1, Math.max(0, video.volume + step));
  if (step > 0) video.muted = false;
}

async function toggleFullscreen(): Promise<void> {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.getElementById('stage')?.requestFullscreen();
  } catch {
    // Refused without a gesture, or not there (iPhone): the button of the controls has its own way.
  }
}
