import type { JSX } from 'preact';
import { ENGINE_NAMES } from '../player/engines.ts';
import type { PlayerView } from '../player/player-view.ts';
import { withoutEngine } from '../text/links.ts';
import { Wheel } from './icons.tsx';

interface MessageProps {
  readonly view: PlayerView | undefined;
  readonly app: string;
  readonly stream: string;
  readonly onRetry: () => void;
}

/** What the stage says when it shows no moving picture. */
export function Message({ view, app, stream, onRetry }: MessageProps): JSX.Element | null {
  switch (view?.state) {
    case undefined:
    case 'loading':
      return (
        <div class="message" role="status">
          <Wheel turning={true} />
          <p>
            {view?.situation.at === 'starting'
              ? `Starting by ${ENGINE_NAMES[view.engine]}`
              : 'Looking for the stream'}
          </p>
        </div>
      );
    case 'offline':
      return <Offline view={view} app={app} stream={stream} />;
    case 'reconnecting':
      return <Reconnecting view={view} onRetry={onRetry} />;
    case 'error':
      return <Failure view={view} onRetry={onRetry} />;
    case 'playing':
    case 'paused':
      return null;
  }
}

interface OfflineProps {
  readonly view: PlayerView;
  readonly app: string;
  readonly stream: string;
}

function Offline({ view, app, stream }: OfflineProps): JSX.Element {
  const { situation } = view;
  const reachable = situation.at !== 'offline' || situation.reachable;
  return (
    <div class="message" role="status">
      <Wheel turning={false} />
      <h2>Offline, waiting</h2>
      <p>
        {reachable ? (
          <>
            <b>
              {app}/{stream}
            </b>{' '}
            is not on the air. It starts here by itself when it is.
          </>
        ) : (
          'The server does not answer. This page asks again by itself.'
        )}
      </p>
    </div>
  );
}

interface ActionProps {
  readonly view: PlayerView;
  readonly onRetry: () => void;
}

function Reconnecting({ view, onRetry }: ActionProps): JSX.Element {
  const { situation } = view;
  const unreachable =
    (situation.at === 'backoff' && situation.because === 'unreachable') ||
    (situation.at === 'interrupted' && !situation.reachable);
  const grace = situation.at === 'interrupted' && situation.reachable;
  return (
    <div class="message" role="status">
      <Wheel turning={true} />
      <h2>{unreachable ? 'The server does not answer' : grace ? 'The picture stopped' : 'Reconnecting'}</h2>
      <p>{grace ? 'Waiting for the encoder to come back.' : 'This goes on by itself.'}</p>
      {situation.at === 'backoff' && (
        <button type="button" class="button button-on-stage" onClick={onRetry}>
          Try now
        </button>
      )}
    </div>
  );
}

function Failure({ view, onRetry }: ActionProps): JSX.Element {
  const { situation } = view;
  const isRefused = situation.at === 'refused';
  const isUnplayable = situation.at === 'unplayable';
  const forced = !isRefused && new URLSearchParams(location.search).get('engine') !== null;
  const trouble = forced ? `${ENGINE_NAMES[view.engine]} does not work here` : 'This cannot be played here';
  return (
    <div class="message" role="alert">
      <Wheel turning={false} />
      <h2>{isRefused ? 'You may not watch this' : trouble}</h2>
      <p>{'sentence' in situation ? situation.sentence : ''}</p>
      {isUnplayable && <p>If it changes, it starts here by itself.</p>}
      <div class="message-actions">
        <button type="button" class="button button-on-stage" onClick={onRetry}>
          Try again
        </button>
        {forced && (
          <a class="button button-on-stage" href={withoutEngine(location)}>
            Let the page choose
          </a>
        )}
      </div>
    </div>
  );
}
