interface Playlist {
  readonly bytes: Buffer;
}

/** A playlist cut behind each of its addresses, once however many sessions ask for it. */
const pieces = new WeakMap<Playlist, readonly string[]>();

/**
 * Addresses are the lines that are neither empty nor begin with `#` (RFC 8216 §4.1), and what stands in URI="…" of the
 * tags: renditions, init segments, parts, hints, reports.
 */
const ADDRESS = /^[^#\r\n][^\r\n]*$|(?<=^#[^\r\n]*[:,]URI=")[^"\r\n]+(?=")/gm;

/** A player that was led from one stream to another knows only the name that it has asked for, and so does its session. */
export interface Led {
  /** The streams' names, which are the folders of the playlists' addresses. */
  readonly asked: string;
  readonly ledTo: string;
}

/** The playlist with `session=ID` in the query of every address in it. */
export function withSession(playlist: Playlist, session: string, led?: Led): Buffer {
  let cut = pieces.get(playlist);
  if (!cut) {
    cut = cutBehindAddresses(playlist.bytes.toString());
    pieces.set(playlist, cut);
  }
  const text = cut.join(session);
  return Buffer.from(led === undefined || led.asked === led.ledTo ? text : inFolder(text, led));
}

function cutBehindAddresses(text: string): readonly string[] {
  const cut: string[] = [];
  let from = 0;
  for (const { 0: address, index } of text.matchAll(ADDRESS)) {
    const end = index + address.length;
    cut.push(`${text.slice(from, end)}${address.includes('?') ? '&' : '?'}session=`);
    from = end;
  }
  return [...cut, text.slice(from)];
}

/** Only the folder of the stream itself: a ladder names others as well. */
function inFolder(text: string, { asked, ledTo }: Led): string {
  return text.replace(ADDRESS, (address) =>
    address.startsWith(`${ledTo}/`) ? `${asked}/${address.slice(ledTo.length + 1)}` : address,
  );
}

/** Of one session's copy. */
export const etagWithSession = (etag: string, session: string): string => etag.replace(/"$/, `-${session}"`);

/** The session in a copy that a client has, if it tells. */
export const sessionInEtag = (header: string | undefined): string | undefined =>
  /-([A-Za-z0-9_-]{22})"/.exec(header ?? '')?.[1];
