import type { JSX } from 'preact';
import { DownloadIcon, PlayIcon, TrashIcon } from '../parts/icons.tsx';
import { clockTime, size } from '../operator/text.ts';
import { byDay, duration, recordingUrl, type Recording } from './recording.ts';

interface RecordingListProps {
  readonly recordings: readonly Recording[];
  readonly playing: string | undefined;
  readonly onPlay: (recording: Recording) => void;
  /** Undefined: it is not for this visitor to delete. */
  readonly onDelete: ((recording: Recording) => void) | undefined;
}

/** By stream and day, newest first. */
export function RecordingList({ recordings, ...row }: RecordingListProps): JSX.Element {
  const days = byDay(recordings);
  return (
    <div class="recording-days">
      {days.map(({ stream, day, recordings }, index) => (
        <section key={`${stream} ${day}`}>
          {days[index - 1]?.stream !== stream && <h2 class="recording-stream">{stream}</h2>}
          <h3 class="recording-day">{day}</h3>
          <ul class="recording-list">
            {recordings.map((one) => (
              <Row key={one.id} recording={one} {...row} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

interface RowProps extends Omit<RecordingListProps, 'recordings'> {
  readonly recording: Recording;
}

function Row({ recording, playing, onPlay, onDelete }: RowProps): JSX.Element {
  const { id, file, format, startedAt, seconds, bytes, active } = recording;
  const url = recordingUrl(recording);
  const what = `the recording of ${clockTime(startedAt)}`;
  return (
    <li class="recording" data-id={id} aria-current={playing === id ? 'true' : undefined}>
      <button
        type="button"
        class="recording-play"
        onClick={() => onPlay(recording)}
        aria-label={`Play ${what}`}
      >
        <PlayIcon />
        <span class="recording-time">{clockTime(startedAt)}</span>
        <span class="recording-facts">
          {active ? <span class="recording-active">being recorded</span> : <span>{duration(seconds)}</span>}
          <span>{size(bytes)}</span>
          <span class="recording-format">{format.toUpperCase()}</span>
        </span>
      </button>
      <a
        class="icon-button"
        href={`${url}?download`}
        download={file}
        aria-label={`Download ${what}`}
        title={`Download ${file}`}
      >
        <DownloadIcon />
      </a>
      {onDelete && (
        <button
          type="button"
          class="icon-button"
          disabled={active}
          onClick={() => onDelete(recording)}
          aria-label={`Delete ${what}`}
          title={active ? 'It is still being recorded' : `Delete ${file}`}
        >
          <TrashIcon />
        </button>
      )}
    </li>
  );
}
