import * as z from 'zod';
import { operation, type House, type Operation } from '../operation.ts';
import { ApiRefusal, type VisitInfo } from '../parts.ts';
import { idParameters, page, pageFacts, paging, streamPath } from '../schemas/common.ts';
import { visitSchema } from '../schemas/parts.ts';

const query = z.strictObject({
  stream: streamPath.optional().describe('Only of this stream.'),
  protocol: z.string().max(32).optional().describe('Only by this protocol: `rtmp`, `http-flv`, `hls` …'),
  address: z.string().max(64).optional().describe('Only from this address.'),
  ...paging,
});

const kickQuery = z.strictObject({
  reason: z
    .string()
    .min(1)
    .max(200)
    .default('sent away by the operator')
    .describe('Told to the one who is sent away where its protocol can, and logged.'),
});

export const visitOperations: readonly Operation[] = [
  ...operationsOf('publish', { plural: 'publishers', one: 'Publisher' }),
  ...operationsOf('play', { plural: 'viewers', one: 'Viewer' }),
];

interface Words {
  readonly plural: 'publishers' | 'viewers';
  readonly one: string;
}

function operationsOf(action: VisitInfo['action'], { plural, one }: Words): Operation[] {
  const word = one.toLowerCase();
  return [
    operation({
      id: `list${one}s`,
      method: 'get',
      path: `/${plural}`,
      group: 'Visitors',
      summary: `All ${plural} that are here now.`,
      who: 'operator',
      query,
      answer: {
        status: 200,
        what: 'One page of them.',
        schema: z.strictObject({ [plural]: z.array(visitSchema), ...pageFacts }),
      },
      run: (call, house) => {
        const { entries, ...facts } = page(matching(house, action, call.query), call.query);
        return { [plural]: entries, ...facts }; // the compiler cannot follow a name that is computed
      },
    }),
    operation({
      id: `kick${one}`,
      method: 'delete',
      path: `/${plural}/{id}`,
      group: 'Visitors',
      summary: `Sends a ${word} away.`,
      who: 'operator',
      parameters: idParameters,
      query: kickQuery,
      answer: { status: 204, what: 'It has been sent away.' },
      run: (call, { parts }) => {
        const { id } = call.parameters;
        const isHere = parts.visits.list().some((visit) => visit.id === id && visit.action === action);
        if (!isHere || !parts.visits.kick(id, call.query.reason))
          throw new ApiRefusal(404, `no ${word} "${id}" is here (any more)`, 'id');
      },
    }),
  ];
}

function matching(house: House, action: string, wanted: z.infer<typeof query>): VisitInfo[] {
  return house.parts.visits
    .list()
    .filter(
      (visit) =>
        visit.action === action &&
        (wanted.stream === undefined || visit.stream === wanted.stream) &&
        (wanted.protocol === undefined || visit.protocol === wanted.protocol) &&
        (wanted.address === undefined || visit.address === wanted.address),
    );
}
