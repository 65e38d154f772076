import * as z from 'zod';
import { isNameSegment } from '../../../../media/stream-name.ts';
import { clientRequestSchema } from '../../multitrack/client-request.ts';
import { configurationSchema } from '../../multitrack/configuration.ts';
import { operation, type Operation } from '../operation.ts';

export const multitrackOperations: readonly Operation[] = [
  operation({
    id: 'getClientConfiguration',
    method: 'post',
    path: '/multitrack/config',
    group: 'Encoders',
    summary:
      'What an encoder with Multitrack Video (OBS: Enhanced Broadcasting) is to send; it asks by itself before it goes live.',
    who: 'anyone',
    query: z.object({
      app: z
        .string()
        .refine(isNameSegment, 'it may use A-Z a-z 0-9 . _ ~ - only')
        .optional()
        .describe('Application to publish to, instead of `ladder.app`.'),
    }),
    body: clientRequestSchema,
    answer: {
      status: 200,
      what: 'The configuration. A key that may not publish is refused by `status`, which the encoder shows.',
      schema: configurationSchema,
    },
    run: ({ body, query, request }, { parts }) =>
      parts.multitrack.configure({ wish: body, app: query.app, request }),
  }),
];
