import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { EventFeed } from './event-feed.ts';
import { sentence } from './event-text.ts';
import { clockTime } from './text.ts';
import type { HouseEvent } from './types.ts';

const GROUPS = [
  { name: 'Everything', types: undefined },
  { name: 'Publishers', types: ['publish', 'unpublish'] },
  { name: 'Viewers', types: ['play', 'stop'] },
  { name: 'Recordings', types: ['recordStarted', 'recordDone'] },
  { name: 'Relays', types: ['relay'] },
  { name: 'Health and alarms', types: ['health', 'alarm', 'gap'] },
  { name: 'Connections', types: ['connect', 'disconnect'] },
] as const;

const NAMES: Readonly<Record<string, string>> = {
  connect: 'Connected',
  disconnect: 'Disconnected',
  publish: 'Published',
  unpublish: 'Ended',
  play: 'Watching',
  stop: 'Left',
  recordStarted: 'Recording',
  recordDone: 'Recorded',
  alarm: 'Alarm',
  health: 'Health',
  relay: 'Relay',
  gap: 'Gap',
};

interface EventsProps {
  readonly feed: EventFeed;
}

/** What happens, as it happens. */
export function Events({ feed }: EventsProps): JSX.Element {
  const [group, setGroup] = useState(0);
  const [held, setHeld] = useState<readonly HouseEvent[]>();
  const types: readonly string[] | undefined = GROUPS[group]?.types;
  const all = held ?? feed.events;
  const shown = types ? all.filter(({ type }) => types.includes(type)) : all;
  return (
    <section aria-labelledby="events-title">
      <div class="headline">
        <h1 id="events-title">Events</h1>
        <div class="headline-end">
          <span class="mark" data-look={feed.isLive ? 'well' : 'unknown'}>
            {feed.isLive ? 'Live' : 'Not connected'}
          </span>
          <select
            class="input"
            aria-label="Show"
            value={group}
            onChange={(event) => setGroup(Number(event.currentTarget.value))}
          >
            {GROUPS.map(({ name }, index) => (
              <option key={name} value={index}>
                {name}
              </option>
            ))}
          </select>
          <button
            type="button"
            class="button button-small"
            aria-pressed={held !== undefined}
            onClick={() => setHeld(held ? undefined : feed.events)}
          >
            {held ? 'Go on' : 'Hold'}
          </button>
        </div>
      </div>
      {shown.length === 0 ? (
        <p class="panel quiet">Nothing of this kind has happened yet.</p>
      ) : (
        <ol class="events panel">
          {shown.map((event) => (
            <li key={event.id} data-type={event.type}>
              <time dateTime={event.at}>{clockTime(event.at)}</time>
              <b>{NAMES[event.type] ?? event.type}</b>
              <span class="event-text">{sentence(event)}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
