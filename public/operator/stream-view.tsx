import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Stream } from '../api/types.ts';
import { Badge } from '../parts/badge.tsx';
import { BackIcon, PlayIcon } from '../parts/icons.tsx';
import { Poster } from '../parts/poster.tsx';
import { Row } from '../parts/row.tsx';
import {
  bitrate,
  codecName,
  frameRate,
  frameSize,
  runningTime,
  seconds,
  sound,
  viewers,
} from '../text/format.ts';
import { watchPath } from '../text/links.ts';
import { PlaybackFigures } from './playback.tsx';
import { RecordingControl } from './recording-control.tsx';
import { useHealth } from './stream-bar.tsx';
import { StreamCharts } from './stream-charts.tsx';
import { Verdicts } from './verdicts.tsx';
import { Visitors } from './visitors.tsx';

interface StreamViewProps {
  readonly app: string;
  readonly stream: string;
  /** Undefined: it is not on the air. */
  readonly facts: Stream | undefined;
}

/** Everything about one stream. */
export function StreamView({ app, stream, facts }: StreamViewProps): JSX.Element {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <div class="stream-head">
        <a class="back" href="#/">
          <BackIcon />
          All streams
        </a>
        <div class="title-row">
          <div class="title">
            <h1 ref={title} tabIndex={-1}>
              <span class="title-app">{app}/</span>
              <wbr />
              {stream}
            </h1>
            <p class="title-line">
              <Badge state={facts?.state ?? 'offline'} />
              {facts && <span>{runningTime(facts.uptimeSeconds)}</span>}
              {facts && <span>{viewers(facts.viewers.total)}</span>}
              {facts && <span>{bitrate(facts.bitrateKbps)}</span>}
            </p>
          </div>
          <a class="button" href={watchPath(app, stream)}>
            <PlayIcon />
            Watch
          </a>
        </div>
      </div>
      <div class="stream-grid">
        <div class="stack">
          <Health app={app} stream={stream} facts={facts} />
          <StreamCharts app={app} stream={stream} />
          <PlaybackFigures path={`${app}/${stream}`} />
          <RecordingControl app={app} stream={stream} isLive={facts !== undefined} />
        </div>
        <div class="stack">
          <Tracks app={app} stream={stream} facts={facts} />
          <Visitors path={`${app}/${stream}`} />
        </div>
      </div>
    </>
  );
}

function Health({ app, stream, facts }: StreamViewProps): JSX.Element {
  const verdicts = useHealth(app, stream);
  const problems = facts?.problems ?? [];
  return (
    <section class="panel" aria-labelledby="health-title">
      <div class="panel-head">
        <h2 id="health-title">Health</h2>
      </div>
      <div aria-live="polite">
        {!facts && <p class="quiet">The stream is not on the air.</p>}
        {facts && verdicts?.length === 0 && (
          <p>
            <span class="mark" data-look="well">
              All well
            </span>{' '}
            Nothing needs attention.
          </p>
        )}
        {facts && verdicts && verdicts.length > 0 && <Verdicts verdicts={verdicts} />}
        {verdicts?.length === 0 && problems.map((problem) => <p key={problem}>{problem}</p>)}
      </div>
    </section>
  );
}

function Tracks({ app, stream, facts }: StreamViewProps): JSX.Element {
  const { video = null, audio = null } = facts ?? {};
  return (
    <section class="panel" aria-labelledby="tracks-title">
      <div class="panel-head">
        <h2 id="tracks-title">Tracks</h2>
      </div>
      {video && <Poster app={app} stream={stream} />}
      <dl class="rows">
        {video && (
          <>
            <Row name="Picture" value={`${frameSize(video)}, ${frameRate(video.fps)}`} />
            <Row name="Codec" value={`${codecName(video.codec)} (${video.codec})`} />
            <Row name="Bitrate" value={bitrate(video.bitrateKbps)} />
            <Row name="Key frame every" value={seconds(video.gopSeconds ?? undefined)} />
          </>
        )}
        {audio && (
          <>
            <Row name="Sound" value={sound(audio)} />
            <Row name="Codec" value={`${codecName(audio.codec)} (${audio.codec})`} />
            <Row name="Bitrate" value={bitrate(audio.bitrateKbps)} />
          </>
        )}
        {facts?.publisher && <Row name="Encoder" value={facts.publisher.encoder ?? 'does not say'} />}
      </dl>
      {!video && !audio && <p class="quiet">There are none just now.</p>}
    </section>
  );
}
