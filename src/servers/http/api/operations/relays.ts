import * as z from 'zod';
import { operation, type Operation } from '../operation.ts';
import { ApiRefusal } from '../parts.ts';
import { idParameters } from '../schemas/common.ts';
import { relaySchema, relayWishSchema } from '../schemas/parts.ts';

const group = 'Relays';

export const relayOperations: readonly Operation[] = [
  operation({
    id: 'listRelays',
    method: 'get',
    path: '/relays',
    group,
    summary: 'Streams that are sent to other servers or fetched from them.',
    who: 'operator',
    answer: {
      status: 200,
      what: 'All relays.',
      schema: z.strictObject({ relays: z.array(relaySchema).readonly() }),
    },
    run: (_call, { parts }) => ({ relays: parts.relays.list() }),
  }),
  operation({
    id: 'addRelay',
    method: 'post',
    path: '/relays',
    group,
    summary: 'Adds a relay; it is there until it is removed, also after a restart.',
    who: 'operator',
    body: relayWishSchema,
    answer: { status: 201, what: 'The relay.', schema: relaySchema },
    refusals: [409, 503],
    run: ({ body }, { parts }) => parts.relays.add(body),
  }),
  operation({
    id: 'removeRelay',
    method: 'delete',
    path: '/relays/{id}',
    group,
    summary: 'Removes a relay, with a clean goodbye to the other server.',
    who: 'operator',
    parameters: idParameters,
    answer: { status: 204, what: 'It is gone.' },
    refusals: [409],
    run: ({ parameters: { id } }, { parts }) => {
      if (!parts.relays.remove(id)) throw new ApiRefusal(404, `there is no relay "${id}"`, 'id');
    },
  }),
];
