import 'media-chrome/dist/media-controller.js';
import 'media-chrome/dist/media-control-bar.js';
import 'media-chrome/dist/media-fullscreen-button.js';
import 'media-chrome/dist/media-mute-button.js';
import 'media-chrome/dist/media-pip-button.js';
import 'media-chrome/dist/media-play-button.js';
import 'media-chrome/dist/media-volume-range.js';
import type { JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PlayerStats, PlayerView } from '../player/player-view.ts';
import { Player } from '../player/player.ts';
import type { Choice } from '../player/engines.ts';
import { ChartIcon, PlayIcon, SoundOffIcon, Wheel } from './icons.tsx';
import { withoutEngine } from '../text/links.ts';
import { Message } from './message.tsx';
import { QualityMenu } from './quality-menu.tsx';
import { SeekBar } from './seek-bar.tsx';
import { NO_MENU } from '../player/menu.ts';

declare global {
  interface Window {
    /** For tests and for the curious. */
    millrace?: { stats: () => PlayerStats };
  }
}

interface StageProps {
  readonly app: string;
  readonly stream: string;
  readonly choice: Extract<Choice, { kind: 'ladder' }>;
  readonly player: RefObject<Player | undefined>;
  readonly view: PlayerView | undefined;
  readonly onView: (view: PlayerView) => void;
  readonly onStats: () => void;
  readonly mayReport: () => boolean;
}

/** The picture, its controls, and what is said in its place when there is none. */
export function Stage(props: StageProps): JSX.Element {
  const { app, stream, choice, player, view, onView, onStats, mayReport } = props;
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const muted = useMuted(video);

  useEffect(() => {
    if (!video.current || !still.current) return undefined;
    const made = new Player({
      video: video.current,
      still: still.current,
      app,
      stream,
      engines: choice.engines,
      forced: choice.forced,
      onChange: onView,
      mayReport,
    });
    player.current = made;
    window.millrace = { stats: () => made.stats() };
    return () => {
      made.destroy();
      player.current = undefined;
      delete window.millrace;
    };
  }, [app, stream, choice, onView, player, mayReport]);

  const state = view?.state ?? 'loading';
  const unmute = (): void => {
    if (!video.current) return;
    video.current.muted = false;
    if (video.current.volume === 0) video.current.volume = 1;
    if (video.current.paused) void player.current?.play();
  };
  const hasSound = view?.facts === undefined || view.facts.audio !== null;
  return (
    <section
      class="stage"
      id="stage"
      data-player
      data-state={state}
      data-engine={view?.engine ?? choice.engines[0]}
      data-switching={view?.isSwitching === true}
      aria-label={`Live video of ${stream}`}
    >
      <media-controller
        fullscreenelement="stage"
        defaultstreamtype="live"
        autohide="2"
        nohotkeys
        noautoseektolive
        nomutedpref
      >
        <video ref={video} slot="media" muted playsInline disableRemotePlayback tabIndex={-1} />
        <SeekBar player={player} />
        <media-control-bar>
          <media-play-button notooltip />
          <media-mute-button notooltip />
          <media-volume-range />
          <EdgeButton view={view} player={player} />
          <span class="bar-space" />
          <QualityMenu menu={view?.menu ?? NO_MENU} player={player} />
          <button
            type="button"
            class="bar-button stats-button"
            onClick={onStats}
            aria-label="Stats"
            title="Stats (i)"
          >
            <ChartIcon />
          </button>
          <media-pip-button notooltip />
          <media-fullscreen-button notooltip />
        </media-control-bar>
      </media-controller>
      <canvas ref={still} class="still" aria-hidden="true" />
      {state === 'playing' && muted && hasSound && (
        <button type="button" class="unmute" onClick={unmute}>
          <SoundOffIcon />
          Tap for sound
        </button>
      )}
      {state === 'paused' && (
        <button type="button" class="big-play" onClick={() => void player.current?.play()} aria-label="Play">
          <PlayIcon />
        </button>
      )}
      <Message view={view} app={app} stream={stream} onRetry={() => player.current?.retry()} />
    </section>
  );
}

/** React to whoever mutes: the button, a key, or the browser. */
function useMuted(video: RefObject<HTMLVideoElement | null>): boolean {
  const [muted, setMuted] = useState(true);
  useEffect(() => {
    const element = video.current;
    if (!element) return undefined;
    // The attribute alone does not mute an element that a script made.
    element.muted = true;
    const heard = (): void => setMuted(element.muted || element.volume === 0);
    element.addEventListener('volumechange', heard);
    return () => element.removeEventListener('volumechange', heard);
  }, [video]);
  return muted;
}

interface EdgeButtonProps {
  readonly view: PlayerView | undefined;
  readonly player: RefObject<Player | undefined>;
}

function EdgeButton({ view, player }: EdgeButtonProps): JSX.Element {
  const live = view?.state === 'playing' && !view.held;
  return (
    <button
      type="button"
      class="edge-button"
      data-live={live}
      onClick={() => player.current?.toEdge()}
      aria-label={live ? 'Live' : 'Go to live'}
    >
      <span class="badge-dot" />
      {live ? 'Live' : 'Go live'}
    </button>
  );
}

interface ImpossibleProps {
  readonly sentence: string;
}

/** No engine can work: say so where the picture would be. */
export function ImpossibleStage({ sentence }: ImpossibleProps): JSX.Element {
  return (
    <section class="stage" data-player data-state="error" data-engine="">
      <div class="message" role="alert">
        <Wheel turning={false} />
        <h2>This cannot be played here</h2>
        <p>{sentence}</p>
        <a class="button button-on-stage" href={withoutEngine(location)}>
          Let the page choose
        </a>
      </div>
    </section>
  );
}
