import type { JSX } from 'preact';
import type { Stream } from '../api/types.ts';

const WORDS: Readonly<Record<Stream['state'], string>> = {
  live: 'Live',
  grace: 'Interrupted',
  waiting: 'Waiting',
};

interface BadgeProps {
  readonly state: Stream['state'] | 'offline';
}

export function Badge({ state }: BadgeProps): JSX.Element {
  return (
    <span class="badge" data-look={state}>
      <span class="badge-dot" />
      {state === 'offline' ? 'Offline' : WORDS[state]}
    </span>
  );
}
