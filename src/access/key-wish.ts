import { ApiRefusal, type KeyWish } from '../servers/http/api/parts.ts';
import { kindOfKey } from '../media/key-shape.ts';
import { streamPattern } from '../media/stream-pattern.ts';
import { networks } from '../servers/networks.ts';
import { hashOf, makeKeyId } from './key-secret.ts';
import { MAX_LABEL_LENGTH, MAX_NETWORKS, type KeyRecord } from './key-record.ts';

/** More viewers than one gateway has; a larger number is a mistake. */
const MAX_VIEWERS = 1_000_000;

/** The key that was wished for, as it will be stored. @throws {ApiRefusal} naming the field that is wrong */
export function recordFrom(wish: KeyWish, secret: string, now: number): KeyRecord {
  const { action, maxViewers } = wish;
  const label = wish.label?.trim() ?? '';
  const nets = wish.networks ?? [];
  if (label.length > MAX_LABEL_LENGTH || /\p{Cc}/u.test(label))
    throw refuse('label', `must be at most ${MAX_LABEL_LENGTH} characters of one line`);
  checkStreams(wish.streams);
  const read = networks(nets);
  if ('refused' in read) throw refuse('networks', read.refused);
  if (nets.length > MAX_NETWORKS) throw refuse('networks', `may be ${MAX_NETWORKS} at most`);
  if (maxViewers !== undefined) {
    if (action === 'publish') throw refuse('maxViewers', 'is for play keys only');
    if (!Number.isInteger(maxViewers) || maxViewers < 1 || maxViewers > MAX_VIEWERS)
      throw refuse('maxViewers', `must be a whole number, 1 to ${MAX_VIEWERS}`);
  }
  return {
    id: makeKeyId(),
    label,
    action,
    streams: wish.streams,
    networks: [...nets],
    ...(maxViewers !== undefined && { maxViewers }),
    hash: hashOf(secret),
    createdAt: new Date(now).toISOString(),
    ...(wish.expiresAt !== undefined && { expiresAt: futureTime(wish.expiresAt, now) }),
  };
}

/** @throws {ApiRefusal} if it is no time, or one that has passed */
export function futureTime(text: string, now: number): string {
  const time = Date.parse(text);
  // Without an offset it would be read in the server's own zone, which nobody who asks can know.
  if (Number.isNaN(time) || !/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/i.test(text))
    throw refuse('expiresAt', 'must be a date and time with its zone, such as 2030-01-31T18:00:00Z');
  if (time <= now) throw refuse('expiresAt', 'must be later than now');
  return new Date(time).toISOString();
}

function checkStreams(text: string): void {
  const pattern = streamPattern(text);
  if ('refused' in pattern) throw refuse('streams', pattern.refused);
  if (pattern.only && kindOfKey(pattern.only.stream))
    throw refuse('streams', 'no stream can be called like a key (pk_…, vk_…)');
}

const refuse = (field: string, why: string): ApiRefusal => new ApiRefusal(400, `${field}: ${why}`, field);
