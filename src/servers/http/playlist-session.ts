interface Playlist {
  readonly bytes: Buffer;
}

/** A playlist cut behind each of its addresses, once however many sessions ask for it. */
const pieces = new WeakMap<Playlist, readonly string[]>();

/** The folder of an address such as `cam/media.m3u8`, alone on its line. */
const FOLDER = /^[^#\n/]+(?=\/)/gm;

/**
 * The playlist with `?session=ID` behind every address in it. Addresses are the lines that are neither empty nor begin with
 * `#`: RFC 8216 §4.1.
 *
 * @param folder instead of the one in the addresses: the player may have been led to a stream of another name, but a
 *   session is known by the name that was asked for
 */
export function withSession(playlist: Playlist, session: string, folder?: string): Buffer {
  let cut = pieces.get(playlist);
  if (!cut) {
    cut = playlist.bytes.toString().split(/(?<=^[^#\n].*)$/m);
    pieces.set(playlist, cut);
  }
  const text = cut.join(`?session=${session}`);
  return Buffer.from(folder === undefined ? text : text.replace(FOLDER, folder));
}

/** Of one session's copy. */
export const etagWithSession = (etag: string, session: string): string => etag.replace(/"$/, `-${session}"`);

/** The session in a copy that a client has, if it tells. */
export const sessionInEtag = (header: string | undefined): string | undefined =>
  /-([A-Za-z0-9_-]{22})"/.exec(header ?? '')?.[1];
