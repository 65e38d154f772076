import type { JSX } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { wish } from '../api/client.ts';
import { Confirm } from '../operator/confirm.tsx';
import { size } from '../operator/text.ts';
import { Header } from '../parts/header.tsx';
import { BackIcon } from '../parts/icons.tsx';
import { SessionControls } from '../parts/session-controls.tsx';
import { usePoll } from '../parts/use-poll.ts';
import { useSession } from '../parts/use-session.ts';
import { RecordingList } from '../recordings/recording-list.tsx';
import { RecordingStage } from '../recordings/recording-stage.tsx';
import { askRecordings, duration, PAGE, type Recording } from '../recordings/recording.ts';

/** Recordings come and go seldom. */
const SLOWER = 5;

/** What was recorded: to be watched, kept, or deleted. */
export function Recordings(): JSX.Element {
  const session = useSession();
  const [stream, setStream] = useState(() => new URLSearchParams(location.search).get('stream') ?? '');
  const [limit, setLimit] = useState(PAGE);
  // Who signs in sees more: it is asked again.
  const ask = useCallback(() => askRecordings(stream, limit), [stream, limit, session.role]);
  const { value, failures, askNow } = usePoll(ask, SLOWER);
  const [playing, setPlaying] = usePlaying(value?.recordings);
  const [doomed, setDoomed] = useState<Recording>();
  const streams = useStreams(value?.recordings);

  useEffect(() => {
    document.title = playing ? `${playing.stream}, recorded · Millrace` : 'Recordings · Millrace';
  }, [playing]);

  const recordings = value?.recordings;
  const isOperator = session.role === 'operator';
  return (
    <div class="shell">
      <Header>
        <SessionControls session={session} />
      </Header>
      <main class="recordings">
        {playing && <RecordingStage recording={playing} />}
        <div class="headline">
          <h1>Recordings</h1>
          {streams.length > 1 && (
            <label class="recording-filter">
              <span>Stream</span>
              <select class="input" value={stream} onChange={(event) => setStream(event.currentTarget.value)}>
                <option value="">All streams</option>
                {streams.map((one) => (
                  <option key={one} value={one}>
                    {one}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
        {recordings === undefined ? (
          <p class="hint">{nothingYet(session.role, failures)}</p>
        ) : recordings.length === 0 ? (
          <p class="hint">
            There are no recordings yet. Streams are recorded by the rules in <code>record.rules</code>, or
            when the operator starts it on a stream’s card.
          </p>
        ) : (
          <RecordingList
            recordings={recordings}
            playing={playing?.id}
            onPlay={setPlaying}
            onDelete={isOperator ? setDoomed : undefined}
          />
        )}
        {value && value.total > value.recordings.length && limit < 1000 && (
          <button type="button" class="button" onClick={() => setLimit(1000)}>
            Show older ones ({value.total - value.recordings.length})
          </button>
        )}
        <a class="back" href="/">
          <BackIcon />
          All streams
        </a>
      </main>
      {doomed && (
        <Confirm
          title="Delete this recording?"
          yes="Delete"
          doing={() => wish('DELETE', `/recordings/${doomed.id}`)}
          onDone={() => {
            if (playing?.id === doomed.id) setPlaying(undefined);
            askNow();
          }}
          onClose={() => setDoomed(undefined)}
        >
          <p>
            {doomed.id}, {duration(doomed.seconds)}, {size(doomed.bytes)}. It cannot be brought back.
          </p>
        </Confirm>
      )}
    </div>
  );
}

function nothingYet(role: string, failures: number): string {
  if (failures === 0) return 'Looking …';
  return role === 'operator' ? 'The server does not answer.' : 'Recordings are for the operator: sign in.';
}

/** What is played stands in the address, so that it can be sent to somebody, and the way back works. */
function usePlaying(
  list: readonly Recording[] | undefined,
): [Recording | undefined, (recording: Recording | undefined) => void] {
  const [playing, setPlaying] = useState<Recording>();
  const [wanted, setWanted] = useState(idInAddress);
  useEffect(() => {
    const onHash = (): void => setWanted(idInAddress());
    window.addEventListener('hashchange', onHash);
    return () => window.removeEventListener('hashchange', onHash);
  }, []);
  useEffect(() => {
    if (wanted === '') setPlaying(undefined);
    // One that plays stays as it is, though the list may know more of it by now.
    else if (playing?.id !== wanted) setPlaying(list?.find(({ id }) => id === wanted));
  }, [wanted, list]);
  const play = (recording: Recording | undefined): void => {
    if (recording) location.hash = recording.id;
    else history.replaceState(null, '', location.pathname + location.search);
    setWanted(recording?.id ?? '');
  };
  return [playing, play];
}

const idInAddress = (): string => decodeURIComponent(location.hash.slice(1));

/** All streams seen so far: a list of one stream tells of no others. */
function useStreams(list: readonly Recording[] | undefined): readonly string[] {
  const [streams, setStreams] = useState<readonly string[]>([]);
  useEffect(() => {
    const all = new Set([...streams, ...(list ?? []).map(({ stream }) => stream)]);
    if (all.size > streams.length) setStreams([...all].sort());
  }, [list]);
  return streams;
}
