import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { askServer, askStreams } from '../api/client.ts';
import type { Role } from '../api/session.ts';
import type * as DeskModule from '../operator/desk.tsx';
import { Header } from '../parts/header.tsx';
import { Loading, OnAir, useLevels } from '../parts/on-air.tsx';
import { RecordingsLink } from '../parts/recordings-link.tsx';
import { SessionControls } from '../parts/session-controls.tsx';
import { usePoll } from '../parts/use-poll.ts';
import { useSession } from '../parts/use-session.ts';

/** Everything that is on the air; for the operator it grows into the place where the gateway is run from. */
export function Home(): JSX.Element {
  const session = useSession();
  const streams = usePoll(askStreams);
  const server = usePoll(askServer);
  const levels = useLevels(streams.value?.streams);
  const desk = useDesk(session.role);
  const count = streams.value?.streams.length ?? 0;

  useEffect(() => {
    document.title = count > 0 ? `${count} on the air · Millrace` : 'Millrace';
  }, [count]);

  const parts = { streams, server: server.value, levels };
  // Until it is known who looks, nothing is shown that would have to move.
  const isKnown = session.role !== 'unknown' || streams.failures > 0;
  return (
    <div class="shell">
      <Header>
        <RecordingsLink role={session.role} server={server.value} />
        <SessionControls session={session} />
      </Header>
      <main class="home">
        {!isKnown || desk === 'loading' ? (
          <Loading />
        ) : desk ? (
          <desk.Desk {...parts} session={session} />
        ) : (
          <OnAir {...parts} />
        )}
      </main>
      {server.value !== undefined && <p class="colophon">Millrace {server.value.version}</p>}
    </div>
  );
}

type DeskPart = typeof DeskModule;

/** The operator's part, fetched for the operator only. It stays while a session that is over begins anew. */
function useDesk(role: Role): DeskPart | 'loading' | undefined {
  const [part, setPart] = useState<DeskPart>();
  const [failed, setFailed] = useState(false);
  const isWanted = role === 'operator' || role === 'over';
  useEffect(() => {
    if (!isWanted || part) return;
    import('../operator/desk.tsx').then(setPart, () => setFailed(true));
  }, [isWanted, part]);
  if (!isWanted || failed) return undefined;
  return part ?? 'loading';
}
