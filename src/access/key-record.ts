import * as z from 'zod';
import type { KeyInfo } from '../servers/http/api/parts.ts';
import { networks } from '../servers/networks.ts';
import { streamPattern } from '../media/stream-pattern.ts';

/** The newest form of the key file that this program knows. */
export const KEY_FILE_VERSION = 1;
/** Each is about 400 bytes in the file, which is written as a whole. */
export const MAX_KEYS = 10_000;
export const MAX_NETWORKS = 100;
export const MAX_LABEL_LENGTH = 200;

const time = z.iso.datetime();

/** One key as it stands in the file. Fields of later versions are kept as they are. */
const keyRecord = z.looseObject({
  id: z.string().min(1).max(64),
  label: z.string().max(MAX_LABEL_LENGTH),
  action: z.enum(['publish', 'play']),
  streams: z.string().refine((text) => !('refused' in streamPattern(text)), 'is not a stream or a pattern'),
  networks: z
    .array(z.string())
    .max(MAX_NETWORKS)
    .refine((list) => !('refused' in networks(list)), 'holds something that is not a network'),
  maxViewers: z.number().int().min(1).optional(),
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is not a SHA-256'),
  createdAt: time,
  expiresAt: time.optional(),
  revokedAt: time.optional(),
  lastUsedAt: time.optional(),
});

/** The whole file. */
export const keyDocument = z
  .looseObject({ version: z.literal(KEY_FILE_VERSION), keys: z.array(keyRecord).max(MAX_KEYS) })
  .refine(({ keys }) => new Set(keys.map(({ id }) => id)).size === keys.length, 'two keys have the same id')
  .refine(
    ({ keys }) => new Set(keys.map(({ hash }) => hash)).size === keys.length,
    'two keys have the same secret',
  );

export type KeyRecord = z.infer<typeof keyRecord>;
export type KeyDocument = z.infer<typeof keyDocument>;

/** A key as it may be shown: without its hash. */
export function keyInfo(record: KeyRecord, usedAt: number | undefined): KeyInfo {
  const { id, label, action, streams, maxViewers, createdAt, expiresAt, revokedAt } = record;
  const lastUsedAt = usedAt === undefined ? record.lastUsedAt : new Date(usedAt).toISOString();
  return {
    id,
    label,
    action,
    streams,
    networks: record.networks,
    ...(maxViewers !== undefined && { maxViewers }),
    createdAt,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(revokedAt !== undefined && { revokedAt }),
    ...(lastUsedAt !== undefined && { lastUsedAt }),
  };
}

/** True if the key opens anything at this time, ms since 1970. */
export function isInForce({ revokedAt, expiresAt }: KeyRecord, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || now < Date.parse(expiresAt));
}
