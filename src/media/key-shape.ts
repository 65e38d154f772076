/*
 * Stream keys stand where a stream's name would: `rtmp://HOST/live` and the key. They are told from names by how they begin,
 * so that no stream can be called like one, and none gets into a list, a log or a file name, not even one that is mistyped.
 */

/** How the keys of each action begin: publish key, viewer's key. */
export const KEY_PREFIX = { publish: 'pk_', play: 'vk_' } as const;

/** Which kind of key a text is by its looks; undefined: it is none. Says nothing about whether there is such a key. */
export function kindOfKey(text: string): 'publish' | 'play' | undefined {
  if (text.startsWith(KEY_PREFIX.publish)) return 'publish';
  return text.startsWith(KEY_PREFIX.play) ? 'play' : undefined;
}

/** A text as it may be shown: of everything in it that looks like a key only the beginning is left, `live/pk_***`. */
export function hideKeys(text: string): string {
  return text.replace(/(?<![A-Za-z0-9])([pv]k_)[A-Za-z0-9._~-]+/g, '$1***');
}
