import type { JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { askServer } from '../api/client.ts';
import type { Server, Stream } from '../api/types.ts';
import type * as VerdictsModule from '../operator/verdicts.tsx';
import { capabilities } from '../player/capabilities.ts';
import { chooseEngines } from '../player/engines.ts';
import { maySpeak } from '../player/reports.ts';
import type { PlayerView } from '../player/player-view.ts';
import type { Player } from '../player/player.ts';
import { Badge } from '../parts/badge.tsx';
import { Connect } from '../parts/connect.tsx';
import { Header } from '../parts/header.tsx';
import { BackIcon, ChartIcon, KeyboardIcon, ShareIcon } from '../parts/icons.tsx';
import { Help } from '../parts/help.tsx';
import { usePlayerKeys } from '../parts/keys.ts';
import { Share } from '../parts/share.tsx';
import { ImpossibleStage, Stage } from '../parts/stage.tsx';
import { Stats } from '../parts/stats.tsx';
import { useSession } from '../parts/use-session.ts';
import { bitrate, codecName, frameRate, frameSize, runningTime, sound, viewers } from '../text/format.ts';

/** Above this distance between key frames, in seconds, starting and HLS become slow. */
const LONG_GOP_SECONDS = 4;

interface WatchProps {
  readonly app: string;
  readonly stream: string;
}

/** One stream's page. */
export function Watch({ app, stream }: WatchProps): JSX.Element {
  const [choice] = useState(() =>
    chooseEngines(capabilities(), new URLSearchParams(location.search).get('engine')),
  );
  const [view, setView] = useState<PlayerView>();
  const [panel, setPanel] = useState(false);
  const [dialog, setDialog] = useState<'share' | 'help'>();
  const [server, setServer] = useState<Server>();
  const player = useRef<Player | undefined>(undefined);
  const wantsReports = useRef(false);
  wantsReports.current = server?.playbackReports === true && maySpeak(location.search);
  const mayReport = useCallback(() => wantsReports.current, []);

  const toggleStats = useCallback(() => setPanel((open) => !open), []);
  const openHelp = useCallback(() => setDialog((open) => (open === 'help' ? undefined : 'help')), []);
  const close = useCallback(() => setDialog(undefined), []);
  usePlayerKeys(player, { stats: toggleStats, help: openHelp });
  useEffect(
    () => void askServer().then((answer) => (answer.kind === 'ok' ? setServer(answer.value) : undefined)),
    [],
  );
  useEffect(() => {
    document.title = `${view?.state === 'playing' ? '● ' : ''}${stream} · Millrace`;
  }, [view?.state, stream]);

  const facts = view?.state === 'offline' ? undefined : view?.facts;
  return (
    <div class="shell">
      <Header />
      <main class={panel ? 'watch watch-with-panel' : 'watch'}>
        <div class="watch-main">
          {choice.kind === 'impossible' ? (
            <ImpossibleStage sentence={choice.sentence} />
          ) : (
            <Stage
              app={app}
              stream={stream}
              choice={choice}
              player={player}
              view={view}
              onView={setView}
              onStats={toggleStats}
              mayReport={mayReport}
            />
          )}
          <div class="title-row">
            <div class="title">
              <h1>
                <span class="title-app">{app}/</span>
                <wbr />
                {stream}
              </h1>
              <p class="title-line">
                {view?.state === 'offline' && <Badge state="offline" />}
                {facts && <Badge state={facts.state} />}
                {facts && <span>{viewers(facts.viewers.total)}</span>}
                {facts && <span>{runningTime(facts.uptimeSeconds)}</span>}
              </p>
            </div>
            <div class="actions">
              <button type="button" class="button" onClick={() => setDialog('share')}>
                <ShareIcon />
                Share
              </button>
              <button
                type="button"
                class="button"
                aria-expanded={panel}
                aria-controls="stats"
                onClick={toggleStats}
              >
                <ChartIcon />
                Stats
              </button>
              <button
                type="button"
                class="icon-button keyboard-only"
                onClick={openHelp}
                aria-label="Keyboard shortcuts"
                title="Keyboard shortcuts (?)"
              >
                <KeyboardIcon />
              </button>
            </div>
          </div>
          {view?.note !== undefined && <p class="strip">{view.note}</p>}
          {facts && <FactsLine facts={facts} />}
          {facts && <Doctor app={app} stream={stream} facts={facts} />}
          {view?.state === 'offline' && (
            <details class="more">
              <summary>Put it on the air</summary>
              <Connect server={server} app={app} streamKey={stream} />
            </details>
          )}
          <a class="back" href="/">
            <BackIcon />
            All streams
          </a>
        </div>
        {panel && <Stats player={player} facts={facts} onClose={toggleStats} />}
      </main>
      {dialog === 'share' && <Share app={app} stream={stream} server={server} onClose={close} />}
      {dialog === 'help' && <Help onClose={close} />}
    </div>
  );
}

interface FactsLineProps {
  readonly facts: Stream;
}

function FactsLine({ facts }: FactsLineProps): JSX.Element {
  const { video, audio } = facts;
  return (
    <dl class="facts facts-wide">
      {video && (
        <div>
          <dt>Picture</dt>
          <dd>
            {frameSize(video)}, {frameRate(video.fps)}
          </dd>
        </div>
      )}
      {audio && (
        <div>
          <dt>Sound</dt>
          <dd>{sound(audio)}</dd>
        </div>
      )}
      <div>
        <dt>Codecs</dt>
        <dd>
          {[video, audio]
            .map((track) => (track ? codecName(track.codec) : ''))
            .filter(Boolean)
            .join(', ')}
        </dd>
      </div>
      <div>
        <dt>Bitrate</dt>
        <dd>{bitrate(facts.bitrateKbps)}</dd>
      </div>
      {facts.publisher?.encoder && (
        <div>
          <dt>Encoder</dt>
          <dd class="clip" title={facts.publisher.encoder}>
            {facts.publisher.encoder}
          </dd>
        </div>
      )}
    </dl>
  );
}

type VerdictsPart = typeof VerdictsModule;

/** What is wrong with the stream: all of it for the operator, for others what they can see by themselves. */
function Doctor({ app, stream, facts }: WatchProps & FactsLineProps): JSX.Element | null {
  const { role } = useSession();
  const [part, setPart] = useState<VerdictsPart>();
  useEffect(() => {
    if (role === 'operator') void import('../operator/verdicts.tsx').then(setPart, () => undefined);
  }, [role]);
  if (role === 'operator' && part) return <part.WatchVerdicts app={app} stream={stream} />;
  const gop = facts.video?.gopSeconds ?? 0;
  if (role !== 'guest' || gop <= LONG_GOP_SECONDS) return null;
  return (
    <p class="strip">
      The encoder sends a key frame only every {gop.toFixed(0)} s. A keyframe interval of 2 s makes the stream
      start faster and lowers its delay.
    </p>
  );
}
