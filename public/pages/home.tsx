import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { askServer, askStreams } from '../api/client.ts';
import type { Server, Stream } from '../api/types.ts';
import { History } from '../player/history.ts';
import { Badge } from '../parts/badge.tsx';
import { Chart } from '../parts/chart.tsx';
import { Connect } from '../parts/connect.tsx';
import { Header } from '../parts/header.tsx';
import { ViewersIcon, Wheel } from '../parts/icons.tsx';
import { usePoll } from '../parts/use-poll.ts';
import {
  bitrate,
  codecName,
  frameRate,
  frameSize,
  quality,
  runningTime,
  sound,
  UNKNOWN,
  viewers,
} from '../text/format.ts';
import { watchPath } from '../text/links.ts';

/** Samples of a card's level: one each two seconds. */
const SAMPLES = 40;
/** What a level shows at most, and at first, in seconds. */
const LEVEL_SECONDS = 60;
const FIRST_LEVEL_SECONDS = 4;

type Level = History<'kbps'>;

/** Everything that is on the air. */
export function Home(): JSX.Element {
  const streams = usePoll(askStreams);
  const server = usePoll(askServer);
  const levels = useLevels(streams.value?.streams);
  const list = streams.value?.streams;

  useEffect(() => {
    document.title = list && list.length > 0 ? `${list.length} on the air · Millrace` : 'Millrace';
  }, [list?.length]);

  return (
    <div class="shell">
      <Header />
      <main class="home">
        {list === undefined && streams.failures === 0 && <Loading />}
        {list === undefined && streams.failures > 0 && <Unreachable askNow={streams.askNow} />}
        {list !== undefined && streams.failures > 0 && <Stale />}
        {list !== undefined && list.length === 0 && <Empty server={server.value} />}
        {list !== undefined && list.length > 0 && (
          <OnAir list={list} levels={levels} stale={streams.failures > 0} server={server.value} />
        )}
      </main>
      {server.value !== undefined && <p class="colophon">Millrace {server.value.version}</p>}
    </div>
  );
}

/** The bitrates seen so far, by stream: the server tells only the present one. */
function useLevels(streams: readonly Stream[] | undefined): ReadonlyMap<string, Level> {
  const levels = useRef(new Map<string, Level>());
  const seen = useRef<readonly Stream[]>(undefined);
  if (streams && streams !== seen.current) {
    seen.current = streams;
    const now = Date.now() / 1000;
    const gone = new Set(levels.current.keys());
    for (const stream of streams) {
      const key = keyOf(stream);
      gone.delete(key);
      let level = levels.current.get(key);
      if (stream.bitrateKbps === null) continue;
      if (!level) {
        level = new History(SAMPLES, ['kbps']);
        levels.current.set(key, level);
      }
      level.add(now, { kbps: stream.bitrateKbps });
    }
    for (const key of gone) levels.current.delete(key);
  }
  return levels.current;
}

const keyOf = (stream: Stream): string => `${stream.app}/${stream.stream}`;

interface OnAirProps {
  readonly list: readonly Stream[];
  readonly levels: ReadonlyMap<string, Level>;
  readonly stale: boolean;
  readonly server: Server | undefined;
}

function OnAir({ list, levels, stale, server }: OnAirProps): JSX.Element {
  const watching = list.reduce((sum, stream) => sum + stream.viewers.total, 0);
  return (
    <>
      <div class="headline">
        <h1>On the air</h1>
        <p>
          {list.length} {list.length === 1 ? 'stream' : 'streams'}, {viewers(watching)}
        </p>
      </div>
      <ul class={stale ? 'cards cards-stale' : 'cards'}>
        {list.map((stream) => (
          <li key={keyOf(stream)}>
            <Card stream={stream} level={levels.get(keyOf(stream))} />
          </li>
        ))}
      </ul>
      <details class="more more-connect">
        <summary>Put another stream on the air</summary>
        <Connect server={server} />
      </details>
    </>
  );
}

interface CardProps {
  readonly stream: Stream;
  readonly level: Level | undefined;
}

function Card({ stream, level }: CardProps): JSX.Element {
  const { video, audio } = stream;
  return (
    <a class="card" href={watchPath(stream.app, stream.stream)}>
      <div class="card-top">
        <Badge state={stream.state} />
        <span class="card-time">{runningTime(stream.uptimeSeconds)}</span>
      </div>
      <h2 class="card-name">
        <span class="card-app">{stream.app}/</span>
        <wbr />
        {stream.stream}
      </h2>
      <dl class="facts">
        <div>
          <dt>Picture</dt>
          <dd>
            {video
              ? [frameSize(video), frameRate(video.fps)].filter((text) => text !== UNKNOWN).join(', ') ||
                codecName(video.codec)
              : 'None'}
          </dd>
        </div>
        <div>
          <dt>Sound</dt>
          <dd>{audio ? sound(audio) || codecName(audio.codec) : 'None'}</dd>
        </div>
        <div>
          <dt>Codecs</dt>
          <dd>{codecs(stream)}</dd>
        </div>
      </dl>
      <div class="card-foot">
        <span class="card-rate">{bitrate(stream.bitrateKbps)}</span>
        <span class="card-viewers" title={viewers(stream.viewers.total)}>
          <ViewersIcon />
          <span aria-hidden="true">{stream.viewers.total}</span>
          <span class="sr-only">{viewers(stream.viewers.total)}</span>
        </span>
        {quality(video) !== '' && <span class="card-quality">{quality(video)}</span>}
      </div>
      <div class="card-level" aria-hidden="true">
        {level && (
          <Chart
            times={level.times}
            values={level.of('kbps')}
            height={56}
            span={level.span(FIRST_LEVEL_SECONDS, LEVEL_SECONDS)}
            atLeast={64}
            scale={false}
            label="Bitrate"
          />
        )}
      </div>
    </a>
  );
}

function codecs({ video, audio }: Stream): string {
  const names = [video, audio].filter((track) => track !== null).map((track) => codecName(track.codec));
  return names.join(', ') || UNKNOWN;
}

function Loading(): JSX.Element {
  return (
    <div class="notice-page" role="status">
      <Wheel turning={true} />
      <p class="quiet">Asking what is on the air</p>
    </div>
  );
}

interface EmptyProps {
  readonly server: Server | undefined;
}

function Empty({ server }: EmptyProps): JSX.Element {
  return (
    <div class="empty">
      <div class="empty-words">
        <Wheel turning={false} />
        <h1>Nothing is on the air</h1>
        <p>Start an encoder. Its stream shows up here by itself, with a link to watch it on any device.</p>
        <p class="listening" role="status">
          <span class="listening-dot" />
          Waiting for a stream
        </p>
      </div>
      <Connect server={server} />
    </div>
  );
}

interface UnreachableProps {
  readonly askNow: () => void;
}

function Unreachable({ askNow }: UnreachableProps): JSX.Element {
  return (
    <div class="notice-page" role="alert">
      <Wheel turning={false} />
      <h1>The server does not answer</h1>
      <p>It may be starting, or the network is down. This page asks again by itself.</p>
      <button type="button" class="button button-strong" onClick={askNow}>
        Try now
      </button>
    </div>
  );
}

function Stale(): JSX.Element {
  return (
    <p class="strip" role="alert">
      The server does not answer. What you see is how it was a moment ago.
    </p>
  );
}
