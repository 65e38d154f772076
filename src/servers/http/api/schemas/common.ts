import * as z from 'zod';
import { MAX_NAME_LENGTH } from '../../../../media/stream-name.ts';
import { streamPattern as patternOf } from '../../../../media/stream-pattern.ts';

/** A part of a stream's name, a file's name: see `isNameSegment`. */
const segment = z
  .string()
  .max(MAX_NAME_LENGTH)
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._~-]+$/, 'may use A-Z a-z 0-9 . _ ~ - only, and is not . or ..');

export const streamParameters = z.strictObject({
  app: segment.describe('Application, the first part of the stream’s name.'),
  stream: segment.describe('Second part of the stream’s name.'),
});

export const recordingParameters = streamParameters.extend({
  file: segment.describe('File, with its ending.'),
});

export const idParameters = z.strictObject({ id: z.string().min(1).max(128) });

/** `app/stream`. */
export const streamPath = z
  .string()
  .max(2 * MAX_NAME_LENGTH + 1)
  .regex(/^[A-Za-z0-9._~-]+\/[A-Za-z0-9._~-]+$/, 'must be the name of a stream: app/stream');

/** `live/*`: see `media/stream-pattern.ts`. */
export const streamPattern = z
  .string()
  .max(2 * MAX_NAME_LENGTH + 1)
  .superRefine((text, context) => {
    const pattern = patternOf(text);
    if ('refused' in pattern)
      context.addIssue({ code: 'custom', message: `is not a stream or a pattern: ${pattern.refused}` });
  });

/** Lists are given in pages: who asks for more gets more. */
const MAX_PAGE = 1_000;

export const paging = {
  offset: z.number().int().min(0).max(10_000_000).default(0).describe('So many are passed over.'),
  limit: z.number().int().min(1).max(MAX_PAGE).default(100).describe('No more than these are given.'),
};

/** What a page of a list tells beside its entries. */
export const pageFacts = {
  total: z.number().int().describe('How many there are on all pages.'),
  offset: z.number().int(),
};

export const time = z.iso.datetime().describe('ISO 8601, UTC.');
export const count = z.number().int().min(0);

/** The body of everything that is refused. */
export const errorSchema = z
  .strictObject({
    error: z.string().describe('One sentence for people.'),
    field: z.string().optional().describe('The parameter or the field of the body that is wrong, if one is.'),
  })
  .describe('Why not.');

export function page<T>(all: readonly T[], { offset, limit }: { offset: number; limit: number }) {
  return { total: all.length, offset, entries: all.slice(offset, offset + limit) };
}
