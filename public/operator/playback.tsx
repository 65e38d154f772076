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

/** On a narrow screen its rows are laid out as grids: some browsers take such a table for none, unless its parts say what they are. */
function Figures({ playback }: { readonly playback: readonly Playback[] }): JSX.Element {
  return (
    <table class="figures" role="table">
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader">
            Protocol
          </th>
          <th
            scope="col"
            role="columnheader"
            title="From the wish to watch to the first picture: half of the viewers wait less"
          >
            Start
          </th>
          <th scope="col" role="columnheader" title="Behind the encoder: half of the time it is less">
            Delay
          </th>
          <th
            scope="col"
            role="columnheader"
            title="How often the picture stands still in an hour of watching"
          >
            Stalls/h
          </th>
          <th scope="col" role="columnheader">
            Watched
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {playback.map((one) => (
          <tr key={one.protocol} role="row" data-protocol={one.protocol}>
            <th scope="row" role="rowheader">
              {protocolName(one.protocol)}
            </th>
            <td role="cell">{seconds(one.medianStartSeconds ?? undefined)}</td>
            <td role="cell">{seconds(one.medianDelaySeconds ?? undefined)}</td>
            <td role="cell">{one.stallsPerHour === null ? UNKNOWN : one.stallsPerHour.toFixed(1)}</td>
            <td role="cell">{runningTime(one.watchedSeconds)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
