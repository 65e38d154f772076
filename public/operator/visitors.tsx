import type { JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { ask, wish } from '../api/client.ts';
import { usePoll, type Polled } from '../parts/use-poll.ts';
import { Kick } from './confirm.tsx';
import { ago, count, protocolName, size } from './text.ts';
import type { Visit } from './types.ts';

/** More than anybody reads; the API has them all. */
const SHOWN = 200;

interface VisitorsProps {
  readonly path: string;
}

type Viewers = { readonly viewers: Visit[]; readonly total: number };

/** Who publishes a stream, and who watches it; each can be sent away. */
export function Visitors({ path }: VisitorsProps): JSX.Element {
  const query = `stream=${encodeURIComponent(path)}`;
  const publisherQuestion = useCallback(() => ask<{ publishers: Visit[] }>(`/publishers?${query}`), [query]);
  const viewerQuestion = useCallback(() => ask<Viewers>(`/viewers?${query}&limit=${SHOWN}`), [query]);
  const publishers = usePoll(publisherQuestion);
  const viewers = usePoll(viewerQuestion);
  const [kicked, setKicked] = useState<Visit>();
  const { action = 'play' } = kicked ?? {};
  const again = (): void => {
    publishers.askNow();
    viewers.askNow();
  };
  return (
    <>
      <section class="panel" aria-labelledby="publisher-title">
        <div class="panel-head">
          <h2 id="publisher-title">Publisher</h2>
        </div>
        <VisitList
          list={publishers.value?.publishers}
          none="Nobody publishes this stream just now."
          onKick={setKicked}
        />
      </section>
      <ViewerPanel viewers={viewers} onKick={setKicked} />
      {kicked && (
        <Kick
          who={action === 'publish' ? 'the publisher' : 'this viewer'}
          doing={(reason) => wish('DELETE', kickPath(kicked, reason))}
          onDone={again}
          onClose={() => setKicked(undefined)}
        >
          <p>
            <b>{kicked.address}</b>, {protocolName(kicked.protocol)}
            {kicked.program !== '' && `, ${kicked.program}`}.{' '}
            {action === 'publish'
              ? 'An encoder that connects again by itself is let in again: revoke its key to keep it out.'
              : 'A player that asks again is let in again, unless its key is revoked.'}
          </p>
        </Kick>
      )}
    </>
  );
}

function kickPath({ id, action }: Visit, reason: string): string {
  const list = action === 'publish' ? 'publishers' : 'viewers';
  const query = reason === '' ? '' : `?reason=${encodeURIComponent(reason)}`;
  return `/${list}/${encodeURIComponent(id)}${query}`;
}

interface ViewerPanelProps {
  readonly viewers: Polled<Viewers>;
  readonly onKick: (visit: Visit) => void;
}

function ViewerPanel({ viewers, onKick }: ViewerPanelProps): JSX.Element {
  const { viewers: list, total = 0 } = viewers.value ?? {};
  return (
    <section class="panel" aria-labelledby="viewers-title">
      <div class="panel-head">
        <h2 id="viewers-title">Viewers</h2>
        {list && <span class="quiet">{total}</span>}
      </div>
      <VisitList list={list} none="Nobody watches just now." onKick={onKick} />
      {list && total > list.length && <p class="hint">And {count(total - list.length, 'more', 'more')}.</p>}
    </section>
  );
}

interface VisitListProps {
  readonly list: readonly Visit[] | undefined;
  readonly none: string;
  readonly onKick: (visit: Visit) => void;
}

function VisitList({ list, none, onKick }: VisitListProps): JSX.Element {
  if (!list || list.length === 0) return <p class="quiet">{list ? none : 'Asking …'}</p>;
  return (
    <ul class="entries">
      {list.map((visit) => (
        <li key={visit.id}>
          <VisitEntry visit={visit} onKick={() => onKick(visit)} />
        </li>
      ))}
    </ul>
  );
}

interface VisitEntryProps {
  readonly visit: Visit;
  readonly onKick: () => void;
}

function VisitEntry({ visit, onKick }: VisitEntryProps): JSX.Element {
  const { action, address, protocol, program, since, bytesIn, bytesOut, key } = visit;
  return (
    <div class="entry">
      <div class="entry-main">
        <p class="entry-name">{address}</p>
        <p class="entry-facts">
          <span>{protocolName(protocol)}</span>
          <span>{size(action === 'publish' ? bytesIn : bytesOut)}</span>
          <span>came {ago(since)}</span>
          {key !== undefined && <span>key {key}</span>}
        </p>
        {program !== '' && (
          <p class="entry-program" title={program}>
            {program}
          </p>
        )}
      </div>
      <div class="entry-actions">
        <button
          type="button"
          class="button button-small"
          onClick={onKick}
          aria-label={`Send ${address} away (${protocolName(protocol)})`}
        >
          Send away
        </button>
      </div>
    </div>
  );
}
