import * as z from 'zod';
import { operation, type Operation } from '../operation.ts';
import { streamPattern } from '../schemas/common.ts';
import { eventTypes } from '../schemas/server.ts';

/** Lists in a URL stay short. */
const MAX_WISHES = 50;
const LAST_EVENT_ID = 'last-event-id';

export const eventOperations: readonly Operation[] = [
  operation({
    id: 'listen',
    method: 'get',
    path: '/events',
    group: 'Events',
    summary:
      'Everything that happens, as Server-sent events: `event` is the type, `data` an Event. After a break, `Last-Event-ID` brings what was missed; if it is too long ago, an event `gap` comes first.',
    who: 'operator',
    query: z.strictObject({
      type: z.array(z.enum(eventTypes)).max(MAX_WISHES).default([]).describe('Only these; none: all.'),
      stream: z
        .array(streamPattern)
        .max(MAX_WISHES)
        .default([])
        .describe('Only of these streams, names or patterns (`live/*`); none: all.'),
      replay: z
        .number()
        .int()
        .min(0)
        .max(1_000)
        .default(0)
        .describe('So many of the newest events are told first.'),
      lastEventId: z
        .string()
        .max(128)
        .optional()
        .describe('For programs that cannot send the header `Last-Event-ID`, which beats it.'),
    }),
    answer: { status: 200, what: 'It goes on until somebody hangs up.', type: 'text/event-stream' },
    refusals: [503],
    run: ({ query, caller, request, response }, { events }) => {
      if (request.method === 'HEAD') return void response.type('text/event-stream').end();
      const header = request.headers[LAST_EVENT_ID];
      events.open(response, {
        types: query.type,
        streams: query.stream,
        replay: query.replay,
        lastId: typeof header === 'string' ? header : query.lastEventId,
        isStillWelcome: caller.isStillWelcome,
      });
    },
  }),
];
