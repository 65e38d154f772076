import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Session } from '../api/session.ts';
import { OnAir, type OnAirProps } from '../parts/on-air.tsx';
import { Events } from './events.tsx';
import { useEventFeed } from './event-feed.ts';
import { Keys } from './keys.tsx';
import { usePlace, type Place } from './place.ts';
import { PlaybackFigures } from './playback.tsx';
import { Relays } from './relays.tsx';
import { Settings } from './settings.tsx';
import { StreamBar } from './stream-bar.tsx';
import { StreamView } from './stream-view.tsx';

interface DeskProps extends Omit<OnAirProps, 'below'> {
  readonly session: Session;
}

const TABS: readonly {
  readonly name: string;
  readonly href: string;
  readonly of: readonly Place['tab'][];
}[] = [
  { name: 'Streams', href: '#/', of: ['streams', 'stream'] },
  { name: 'Keys', href: '#/keys', of: ['keys'] },
  { name: 'Relays', href: '#/relays', of: ['relays'] },
  { name: 'Recordings', href: '/recordings', of: [] },
  { name: 'Events', href: '#/events', of: ['events'] },
  { name: 'Settings', href: '#/settings', of: ['settings'] },
];

/** The operator's view of the home page. What was typed into a tab is still there when one comes back to it. */
export function Desk({ streams, server, levels, session }: DeskProps): JSX.Element {
  const place = usePlace();
  const feed = useEventFeed(session.role === 'operator');
  const seen = useRef(new Set<Place['tab']>());
  seen.current.add(place.tab);
  return (
    <>
      <Tabs tab={place.tab} />
      {place.tab === 'streams' && (
        <>
          <OnAir
            streams={streams}
            server={server}
            levels={levels}
            below={(stream) => <StreamBar stream={stream} />}
          />
          <PlaybackFigures />
        </>
      )}
      {place.tab === 'stream' && (
        <StreamView
          key={`${place.app}/${place.stream}`}
          app={place.app}
          stream={place.stream}
          facts={streams.value?.streams.find((one) => one.app === place.app && one.stream === place.stream)}
        />
      )}
      {seen.current.has('keys') && (
        <div hidden={place.tab !== 'keys'}>
          <Keys server={server} isShown={place.tab === 'keys'} />
        </div>
      )}
      {seen.current.has('relays') && (
        <div hidden={place.tab !== 'relays'}>
          <Relays isShown={place.tab === 'relays'} />
        </div>
      )}
      {place.tab === 'events' && <Events feed={feed} />}
      {place.tab === 'settings' && <Settings />}
    </>
  );
}

interface TabsProps {
  readonly tab: Place['tab'];
}

function Tabs({ tab }: TabsProps): JSX.Element {
  const current = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // On a narrow screen the row scrolls: what is open must be in sight.
    current.current?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [tab]);
  return (
    <nav class="tabs" aria-label="Operator">
      {TABS.map(({ name, href, of }) => (
        <a
          key={name}
          href={href}
          class="tab"
          {...(of.includes(tab) && { ref: current })}
          aria-current={of.includes(tab) ? 'page' : undefined}
        >
          {name}
        </a>
      ))}
    </nav>
  );
}
