import type { ComponentChildren, JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Server, Stream } from '../api/types.ts';
import { History } from '../player/history.ts';
import { viewers } from '../text/format.ts';
import { Connect } from './connect.tsx';
import { Wheel } from './icons.tsx';
import { StreamCard, type Level } from './stream-card.tsx';
import type { Polled } from './use-poll.ts';

/** Samples of a card's level: one each two seconds. */
const SAMPLES = 40;

export interface OnAirProps {
  readonly streams: Polled<{ streams: Stream[] }>;
  readonly server: Server | undefined;
  readonly levels: ReadonlyMap<string, Level>;
  /** What stands below a stream's card. */
  readonly below?: (stream: Stream) => ComponentChildren;
}

const keyOf = (stream: Stream): string => `${stream.app}/${stream.stream}`;

/** Everything that is on the air, or how to put something there. */
export function OnAir({ streams, server, levels, below }: OnAirProps): JSX.Element {
  const list = streams.value?.streams;
  if (list === undefined)
    return streams.failures === 0 ? <Loading /> : <Unreachable askNow={streams.askNow} />;
  return (
    <>
      {streams.failures > 0 && <Stale />}
      {list.length === 0 ? (
        <Empty server={server} />
      ) : (
        <List list={list} levels={levels} stale={streams.failures > 0} server={server} below={below} />
      )}
    </>
  );
}

/** The bitrates seen so far, by stream: the server tells everybody only the present one. */
export function useLevels(streams: readonly Stream[] | undefined): ReadonlyMap<string, Level> {
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

interface ListProps {
  readonly list: readonly Stream[];
  readonly levels: ReadonlyMap<string, Level>;
  readonly stale: boolean;
  readonly server: Server | undefined;
  readonly below: OnAirProps['below'];
}

function List({ list, levels, stale, server, below }: ListProps): JSX.Element {
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
            <StreamCard stream={stream} level={levels.get(keyOf(stream))}>
              {below?.(stream)}
            </StreamCard>
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

export function Loading(): JSX.Element {
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
