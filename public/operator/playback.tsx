import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { ask } from '../api/client.ts';
import { usePoll } from '../parts/use-poll.ts';
import { runningTime, seconds, UNKNOWN } from '../text/format.ts';
import { protocolName } from './text.ts';
import type { Playback } from './types.ts';

/** Pages report twice a minute. */
const SLOWER = 5;

interface PlaybackFiguresProps {
  /** `app/stream`; undefined: all streams together. */
  readonly path?: string;
}

/** How viewers' pages play, as they tell themselves, by protocol. Nothing for all streams while no page has told anything. */
export function PlaybackFigures({ path }: PlaybackFiguresProps): JSX.Element | null {
  const query = path === undefined ? '' : `?stream=${encodeURIComponent(path)}`;
  const question = useCallback(() => ask<{ playback: Playback[] }>(`/playback${query}`), [query]);
  const playback = usePoll(question, SLOWER).value?.playback;
  if (path === undefined && !playback?.length) return null;
  return (
    <section class="panel playback" aria-labelledby="playback-title">
      <div class="panel-head">
        <h2 id="playback-title">Playback</h2>
        <span class="quiet">since the server was started</span>
      </div>
      {playback && playback.length > 0 ? (
        <Figures playback={playback} />
      ) : (
        <p class="quiet">{playback ? 'No page has told yet how it plays.' : 'Asking …'}</p>
      )}
    </section>
  );
}

function Figures({ playback }: { readonly playback: readonly Playback[] }): JSX.Element {
  return (
    <table class="figures">
      <thead>
        <tr>
          <th scope="col">Protocol</th>
          <th scope="col" title="From the wish to watch to the first picture: half of the viewers wait less">
            Start
          </th>
          <th scope="col" title="Behind the encoder: half of the time it is less">
            Delay
          </th>
          <th scope="col" title="How often the picture stands still in an hour of watching">
            Stalls/h
          </th>
          <th scope="col">Watched</th>
        </tr>
      </thead>
      <tbody>
        {playback.map((one) => (
          <tr key={one.protocol} data-protocol={one.protocol}>
            <th scope="row">{protocolName(one.protocol)}</th>
            <td>{seconds(one.medianStartSeconds ?? undefined)}</td>
            <td>{seconds(one.medianDelaySeconds ?? undefined)}</td>
            <td>{one.stallsPerHour === null ? UNKNOWN : one.stallsPerHour.toFixed(1)}</td>
            <td>{runningTime(one.watchedSeconds)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
