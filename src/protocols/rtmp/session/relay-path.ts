import { isNameSegment } from '../../../media/stream-name.ts';

/**
 * Gateways that a stream, or the wish for one, has passed, by their ids. It travels in `connect`'s command object and in the
 * answer to `play`, in a member that other software passes over.
 */
export type RelayPath = readonly string[];

/** The member's name. */
export const RELAY_MEMBER = 'relayedBy';
/** Nobody relays a stream so often on purpose. */
const MAX_RELAYS = 8;
/** Of the member: more than {@link MAX_RELAYS} ids of any kind take. */
const MAX_TEXT = 1024;

/** `"a b"`; what is no path is an empty one: encoders and players have none. */
export function readRelayPath(text: string): RelayPath {
  if (text === '' || text.length > MAX_TEXT) return [];
  return text.split(' ').filter((id) => isNameSegment(id));
}

export const writeRelayPath = (path: RelayPath): string => path.join(' ');

/** Why what has come this way may not go on through gateway `id`, or undefined. */
export function relayRefusal(path: RelayPath, id: string | undefined): string | undefined {
  if (id !== undefined && path.includes(id)) return `${LOOP} it has been through this gateway already`;
  if (path.length >= MAX_RELAYS) return `${LOOP} it has been through ${path.length} gateways`;
  return undefined;
}

/** Why a stream that came one way may not be given to who asks from the other, or undefined. */
export function meeting(streamPath: RelayPath, askedBy: RelayPath): string | undefined {
  return askedBy.some((id) => streamPath.includes(id)) ? `${LOOP} the stream comes from there` : undefined;
}

/** How a refusal begins that no other attempt will change. */
const LOOP = 'relay loop:';
export const isLoopRefusal = (text: string): boolean => text.includes(LOOP);
