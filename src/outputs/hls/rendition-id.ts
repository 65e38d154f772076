import type { TrackId } from '../../media/track.ts';

/** A picture, or the main sound, with nothing else in it; by the publisher's number for its track. */
export type ApartId = `picture${number}` | `sound${number}`;

/**
 * What a stream has playlists of: its main rendition and those beside it by their own tracks, a picture with the main sound in its
 * segments. Where there are several sounds to choose from, pictures and the main sound are there apart as well: of fragmented MP4
 * players cannot play a picture and leave the sound that comes with it.
 */
export type RenditionId = TrackId | ApartId;

export const isApart = (id: RenditionId): id is ApartId => /^(?:picture|sound)\d/.test(id);

/** Sound alone, beside a picture. */
export const isSound = (id: RenditionId): boolean => /^(?:audio|sound)\d/.test(id);

/** The publisher's number for its own track: 0 for the main ones. */
export const numberOf = (id: RenditionId): number => Number(id.replace(/^\D+/, '')); // of an empty text it is 0

/** As which a track is there apart. */
export function apartOf(id: TrackId): ApartId {
  return `${id.startsWith('video') ? 'picture' : 'sound'}${numberOf(id)}`;
}
