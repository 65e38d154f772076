import { useEffect, useState } from 'preact/hooks';

/** A part of the desk. It stands in the address behind `#`, so that going back works and a link can be kept. */
export type Place =
  | { readonly tab: 'streams' }
  | { readonly tab: 'stream'; readonly app: string; readonly stream: string }
  | { readonly tab: 'keys' | 'relays' | 'events' | 'settings' };

const TABS = ['keys', 'relays', 'events', 'settings'] as const;

export function placeOf(hash: string): Place {
  const [first = '', app = '', stream = ''] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  if (first === 'stream' && app !== '' && stream !== '') return { tab: 'stream', app, stream };
  const tab = TABS.find((name) => name === first);
  return tab ? { tab } : { tab: 'streams' };
}

export const streamPlace = (app: string, stream: string): string =>
  `#/stream/${encodeURIComponent(app)}/${encodeURIComponent(stream)}`;

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = (): void => {
      setHash(location.hash);
      window.scrollTo(0, 0);
    };
    addEventListener('hashchange', look);
    return () => removeEventListener('hashchange', look);
  }, []);
  return placeOf(hash);
}
