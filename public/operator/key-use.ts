import { links, publishServer, shareHost, type Place } from '../text/links.ts';
import type { NewKey } from './types.ts';

/** One field to copy. */
export interface UseField {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
}

/** What stands for a name that the key's pattern leaves open. */
const ANY_STREAM = 'NAME';
const ANY_APP = 'live';

/** Where a new key is to be typed in. The key stands in the stream's place; a pattern leaves the name to the encoder. */
export function usesOf(key: NewKey, at: Place): readonly UseField[] {
  const { streams, secret, action } = key;
  const place = { ...at, hostname: shareHost(at) };
  const [givenApp = '*', givenStream = '*'] = streams.split('/');
  const app = givenApp.includes('*') ? ANY_APP : givenApp;
  const isOpen = streams.includes('*');
  const stream = givenStream.includes('*') ? ANY_STREAM : givenStream;
  if (action === 'publish') {
    return [
      { label: 'Server', value: publishServer(place, app) },
      {
        label: 'Stream Key',
        ...(isOpen && { hint: `${ANY_STREAM}: the stream’s name` }),
        value: isOpen ? `${stream}?key=${secret}` : secret,
      },
    ];
  }
  const { watch, hls, rtmp } = links(place, app, stream);
  const hint = isOpen ? { hint: `${stream}: the stream’s name` } : {};
  return [
    { label: 'Watch page', ...hint, value: `${watch}?key=${secret}` },
    { label: 'HLS', ...hint, value: `${hls}?key=${secret}` },
    { label: 'RTMP', ...hint, value: `${rtmp}?key=${secret}` },
  ];
}
