import type { JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { ask, streamPath, wish } from '../api/client.ts';
import { FormProblem, useWish } from '../parts/form.tsx';
import { usePoll } from '../parts/use-poll.ts';
import { runningTime, UNKNOWN } from '../text/format.ts';
import { moment, size } from './text.ts';
import type { Recording } from './types.ts';

/** The newest; the page of recordings has them all. */
const SHOWN = 5;

interface RecordingControlProps {
  readonly app: string;
  readonly stream: string;
  /** Only what is on the air can be recorded. */
  readonly isLive: boolean;
}

const FORMATS = { mp4: ['mp4'], flv: ['flv'], both: ['mp4', 'flv'] } as const;

/** Starting and stopping a stream's recording, and what came of it. */
export function RecordingControl({ app, stream, isLive }: RecordingControlProps): JSX.Element {
  const query = `stream=${encodeURIComponent(`${app}/${stream}`)}&limit=${SHOWN}`;
  const question = useCallback(() => ask<{ recordings: Recording[] }>(`/recordings?${query}`), [query]);
  const recordings = usePoll(question);
  const wishing = useWish();
  const [format, setFormat] = useState<keyof typeof FORMATS>('mp4');
  const list = recordings.value?.recordings;
  const isActive = list?.some(({ active }) => active) === true;
  const toggle = async (): Promise<void> => {
    const path = `${streamPath(app, stream)}/recording`;
    await wishing.run(() =>
      isActive ? wish('DELETE', path) : wish('POST', path, { formats: FORMATS[format] }),
    );
    recordings.askNow();
  };
  return (
    <section class="panel" aria-labelledby="recording-title">
      <div class="panel-head">
        <h2 id="recording-title">Recording</h2>
        <div class="headline-end">
          {!isActive && (
            <select
              class="input"
              aria-label="Format"
              value={format}
              onChange={(event) => setFormat(event.currentTarget.value as keyof typeof FORMATS)}
            >
              <option value="mp4">MP4</option>
              <option value="flv">FLV</option>
              <option value="both">Both</option>
            </select>
          )}
          <button
            type="button"
            class={isActive ? 'button button-small button-recording' : 'button button-small'}
            aria-disabled={wishing.isBusy || (!isLive && !isActive)}
            onClick={() => void ((isLive || isActive) && toggle())}
          >
            <span class="badge-dot" />
            {isActive ? 'Stop recording' : 'Record'}
          </button>
        </div>
      </div>
      <FormProblem problem={wishing.problem} />
      {list?.length === 0 && <p class="quiet">Nothing of this stream has been recorded.</p>}
      <ul class="entries">
        {list?.map((one) => (
          <li key={one.id}>
            <RecordingEntry recording={one} />
          </li>
        ))}
      </ul>
      <a class="panel-link" href="/recordings">
        All recordings
      </a>
    </section>
  );
}

interface RecordingEntryProps {
  readonly recording: Recording;
}

function RecordingEntry({ recording }: RecordingEntryProps): JSX.Element {
  const { id, file, format, startedAt, seconds, bytes, active } = recording;
  return (
    <div class="entry">
      <div class="entry-main">
        <p class="entry-name">{moment(startedAt)}</p>
        <p class="entry-facts">
          {active && (
            <span class="mark" data-look="recording">
              Being recorded
            </span>
          )}
          <span>{format.toUpperCase()}</span>
          <span>{seconds === null ? UNKNOWN : runningTime(seconds)}</span>
          <span>{size(bytes)}</span>
        </p>
        <p class="entry-program" title={file}>
          {file}
        </p>
      </div>
      {!active && (
        <div class="entry-actions">
          <a class="button button-small" href={`/recordings#${id}`} aria-label={`Watch ${file}`}>
            Watch
          </a>
        </div>
      )}
    </div>
  );
}
