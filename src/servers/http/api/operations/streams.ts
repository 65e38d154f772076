import * as z from 'zod';
import type { StreamReport } from '../../stream-report.ts';
import type { Caller } from '../caller.ts';
import { operation, type House, type Operation } from '../operation.ts';
import { ApiRefusal } from '../parts.ts';
import { streamParameters } from '../schemas/common.ts';
import { pointSchema, streamSchema, trackSchema, verdictSchema } from '../schemas/streams.ts';

const group = 'Streams';

export const streamOperations: readonly Operation[] = [
  operation({
    id: 'listStreams',
    method: 'get',
    path: '/streams',
    group,
    summary: 'Streams that are live or in their grace time.',
    who: 'anyone',
    answer: {
      status: 200,
      what: 'All streams.',
      schema: z.strictObject({ streams: z.array(streamSchema) }),
    },
    run: ({ caller }, house) => ({ streams: house.streams().map((one) => visibleTo(caller, one)) }),
  }),
  operation({
    id: 'getStream',
    method: 'get',
    path: '/streams/{app}/{stream}',
    group,
    summary: 'One stream.',
    who: 'anyone',
    parameters: streamParameters,
    answer: { status: 200, what: 'The stream.', schema: streamSchema },
    run: ({ parameters, caller }, house) => visibleTo(caller, find(house, parameters)),
  }),
  operation({
    id: 'listTracks',
    method: 'get',
    path: '/streams/{app}/{stream}/tracks',
    group,
    summary: 'Tracks of which frames have come.',
    who: 'anyone',
    parameters: streamParameters,
    answer: { status: 200, what: 'Tracks.', schema: z.strictObject({ tracks: z.array(trackSchema) }) },
    run: ({ parameters }, house) => {
      const { video, audio } = find(house, parameters);
      return {
        tracks: [
          ...(video ? [{ kind: 'video' as const, ...video }] : []),
          ...(audio ? [{ kind: 'audio' as const, ...audio }] : []),
        ],
      };
    },
  }),
  operation({
    id: 'getPoster',
    method: 'get',
    path: '/streams/{app}/{stream}/poster.mp4',
    group,
    summary:
      'The newest key frame as a movie of one picture, for a video element. Whoever may watch the stream may have it, by the same `?key=` or `?token=`.',
    who: 'anyone',
    parameters: streamParameters,
    answer: { status: 200, what: 'The movie.', type: 'video/mp4' },
    refusals: [401, 403],
    run: ({ parameters, caller, request, response }, { sendPoster }) => {
      if (!sendPoster) throw new ApiRefusal(404, 'this gateway makes no posters');
      return sendPoster({ ...parameters, caller, request, response });
    },
  }),
  operation({
    id: 'listProblems',
    method: 'get',
    path: '/streams/{app}/{stream}/problems',
    group,
    summary: 'Why tracks cannot be used or not in HLS, and what was dropped.',
    who: 'anyone',
    parameters: streamParameters,
    answer: {
      status: 200,
      what: 'Problems.',
      schema: streamSchema.pick({ problems: true, dropped: true }),
    },
    run: ({ parameters }, house) => {
      const { problems, dropped } = find(house, parameters);
      return { problems, dropped };
    },
  }),
  operation({
    id: 'getHealth',
    method: 'get',
    path: '/streams/{app}/{stream}/health',
    group,
    summary: 'What is wrong with a stream, the measurement that says so, and what to do.',
    who: 'operator',
    parameters: streamParameters,
    answer: {
      status: 200,
      what: 'Verdicts; none: it is well.',
      schema: z.strictObject({ verdicts: z.array(verdictSchema).readonly() }),
    },
    run: ({ parameters }, house) => {
      find(house, parameters);
      return { verdicts: house.parts.health(pathOf(parameters)) };
    },
  }),
  operation({
    id: 'getHistory',
    method: 'get',
    path: '/streams/{app}/{stream}/history',
    group,
    summary: 'The last half hour of a stream, a point every two seconds; it outlives the stream for a while.',
    who: 'operator',
    parameters: streamParameters,
    query: z.strictObject({
      since: z.number().int().min(0).default(0).describe('Only points later than this, ms since 1970.'),
    }),
    answer: {
      status: 200,
      what: 'Points, oldest first.',
      schema: z.strictObject({ seconds: z.literal(2), points: z.array(pointSchema).readonly() }),
    },
    run: ({ parameters, query }, house) => {
      const points = house.parts.history(pathOf(parameters));
      if (points.length === 0) find(house, parameters);
      return { seconds: 2 as const, points: points.filter(({ at }) => at > query.since) };
    },
  }),
];

interface Name {
  readonly app: string;
  readonly stream: string;
}

const pathOf = ({ app, stream }: Name): string => `${app}/${stream}`;

function find(house: House, name: Name): StreamReport {
  const found = house.streams().find(({ app, stream }) => app === name.app && stream === name.stream);
  if (!found) throw new ApiRefusal(404, `no stream "${pathOf(name)}" is being published`);
  return found;
}

/** Where a publisher sits is the operator's business, not every viewer's. */
function visibleTo(caller: Caller, stream: StreamReport): StreamReport {
  if (!stream.publisher || caller.isOperator) return stream;
  return { ...stream, publisher: { ...stream.publisher, address: 'hidden' } };
}
