import * as z from 'zod';
import type { Operation } from './operation.ts';
import { errorSchema } from './schemas/common.ts';
import { eventSchema, serverSchema, sessionSchema } from './schemas/server.ts';
import {
  keySchema,
  keyWishSchema,
  newKeySchema,
  recordingSchema,
  recordWishSchema,
  relaySchema,
  relayWishSchema,
  signatureSchema,
  signatureWishSchema,
  visitSchema,
} from './schemas/parts.ts';
import { playbackReportSchema, playbackSummarySchema } from './schemas/playback.ts';
import { pointSchema, streamSchema, verdictSchema } from './schemas/streams.ts';

type Json = Readonly<Record<string, unknown>>;

/** Schemas that have a name in the document; in all others they are referred to. */
const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  Server: serverSchema,
  Session: sessionSchema,
  Stream: streamSchema,
  Verdict: verdictSchema,
  Point: pointSchema,
  Visit: visitSchema,
  Key: keySchema,
  NewKey: newKeySchema,
  Signature: signatureSchema,
  Recording: recordingSchema,
  Relay: relaySchema,
  Event: eventSchema,
  Playback: playbackSummarySchema,
  Error: errorSchema,
};
const BODIES: Readonly<Record<string, z.ZodType>> = {
  KeyWish: keyWishSchema,
  SignatureWish: signatureWishSchema,
  RecordWish: recordWishSchema,
  RelayWish: relayWishSchema,
  PlaybackReport: playbackReportSchema,
};

/** What refusals mean, wherever they occur. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'Something in the request is wrong: the field and what is allowed are told.',
  401: 'The operator’s token is needed, or it is not the right one.',
  403: 'The request was sent by a page of another web site.',
  404: 'It is not there.',
  409: 'It cannot be done in the present state.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  416: 'It is beyond the end.',
  429: 'Too much of it came from this address: wrong tokens, or reports; `Retry-After` tells when to try again.',
  503: 'It cannot be done now.',
};

/** The table as an OpenAPI 3.1 document. */
export function openApiDocument(operations: readonly Operation[], version: string): Json {
  const answers = collect('output', ANSWERS, operations);
  const bodies = collect('input', BODIES, operations);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const one of operations) (paths[one.path] ??= {})[one.method] = describe(one, answers, bodies);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version,
      description:
        'The gateway’s API. Whoever can reach it may read what is public; all else needs the token, or comes from the gateway’s own machine.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api/v1' }],
    tags: [...new Set(operations.map(({ group }) => group))].map((name) => ({ name })),
    security: [],
    paths,
    components: {
      schemas: { ...answers.named, ...bodies.named },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'millrace_session' },
      },
    },
  };
}

interface Collected {
  /** For `components/schemas`. */
  readonly named: Json;
  /** A schema as it stands in an operation. */
  readonly of: (schema: z.ZodType) => Json;
}

/** All schemas at once, or the ones could not refer to the others. */
function collect(
  io: 'input' | 'output',
  names: Readonly<Record<string, z.ZodType>>,
  operations: readonly Operation[],
): Collected {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(names)) registry.add(schema, { id });
  const nameless = operations
    .map((one) => (io === 'input' ? one.body : 'schema' in one.answer ? one.answer.schema : undefined))
    .filter((schema) => schema !== undefined && !registry.has(schema));
  nameless.forEach((schema, at) => schema && registry.add(schema, { id: `nameless${at}` }));
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` });
  const plain = (id: string): Json => tidied(schemas[id] as Json);
  return {
    named: Object.fromEntries(Object.keys(names).map((id) => [id, plain(id)])),
    of: (schema) => {
      const id = registry.get(schema)!.id;
      return id in names ? { $ref: `#/components/schemas/${id}` } : plain(id);
    },
  };
}

/** What belongs to a schema that stands alone; and what would forbid us to add a field later. */
const UNTIDY = new Set(['$schema', '$id', 'readOnly']);

function tidied(value: Json): Json {
  const tidy = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(tidy);
    if (typeof one !== 'object' || one === null) return one;
    const isTime = 'format' in one && one.format === 'date-time'; // then the pattern says no more
    return Object.fromEntries(
      Object.entries(one)
        .filter(([key, inner]) => !UNTIDY.has(key) && !(key === 'additionalProperties' && inner === false))
        .filter(([key]) => !(isTime && key === 'pattern'))
        .map(([key, inner]) => [key, tidy(inner)]),
    );
  };
  return tidy(value) as Json;
}

function describe(one: Operation, answers: Collected, bodies: Collected): Json {
  const { id, summary, group, body, answer, who } = one;
  const statuses = [...new Set([...impliedRefusals(one), ...one.refusals])].sort();
  return {
    operationId: id,
    summary,
    tags: [group],
    parameters: [...parametersIn('path', one.parameters), ...parametersIn('query', one.query)],
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: { 'application/json': { schema: bodies.of(body) } },
      },
    }),
    responses: {
      [answer.status]: success(answer, answers),
      ...Object.fromEntries(statuses.map((status) => [status, refusal(status)])),
    },
    ...(who === 'operator' && { security: [{ token: [] }, { session: [] }] }),
  };
}

/** Refusals that follow from what an operation takes. */
function impliedRefusals({ method, parameters, query, body, who, path }: Operation): number[] {
  const changes = method !== 'get';
  return [
    ...(parameters || query || body ? [400] : []),
    ...(who === 'operator' ? [401, 429] : []),
    ...(changes ? [400, 403, 413, 415] : []),
    ...(path.includes('{') ? [404] : []),
  ];
}

function success(answer: Operation['answer'], answers: Collected): Json {
  if ('schema' in answer)
    return {
      description: answer.what,
      content: { 'application/json': { schema: answers.of(answer.schema) } },
    };
  if ('type' in answer)
    return { description: answer.what, content: { [answer.type]: { schema: { type: 'string' } } } };
  return { description: answer.what };
}

const refusal = (status: number): Json => ({
  description: REFUSALS[status] ?? 'Refused.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
});

function parametersIn(where: 'path' | 'query', schema: z.ZodObject | undefined): Json[] {
  if (!schema) return [];
  const { properties = {} } = tidied(z.toJSONSchema(schema, { io: 'input' })) as {
    properties?: Record<string, Json>;
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === 'path',
    ...(description !== undefined && { description }),
    schema: rest,
    ...(rest['type'] === 'array' && { explode: false }),
  }));
}
