import * as z from 'zod';
import { operation, type Operation } from '../operation.ts';
import { idParameters, page, pageFacts, paging } from '../schemas/common.ts';
import {
  keySchema,
  keyWishSchema,
  newKeySchema,
  signatureSchema,
  signatureWishSchema,
} from '../schemas/parts.ts';

const group = 'Keys';

export const keyOperations: readonly Operation[] = [
  operation({
    id: 'listKeys',
    method: 'get',
    path: '/keys',
    group,
    summary: 'All stream keys, without their secrets.',
    who: 'operator',
    query: z.strictObject(paging),
    answer: {
      status: 200,
      what: 'One page of them.',
      schema: z.strictObject({ keys: z.array(keySchema), ...pageFacts }),
    },
    run: ({ query }, { parts }) => {
      const { entries, ...facts } = page(parts.keys.list(), query);
      return { keys: entries, ...facts };
    },
  }),
  operation({
    id: 'createKey',
    method: 'post',
    path: '/keys',
    group,
    summary: 'Makes a stream key. Its secret is told this once.',
    who: 'operator',
    body: keyWishSchema,
    answer: { status: 201, what: 'The key is on the disk.', schema: newKeySchema },
    refusals: [409, 503],
    run: ({ body }, { parts }) => parts.keys.create(body),
  }),
  operation({
    id: 'rotateKey',
    method: 'post',
    path: '/keys/{id}/rotate',
    group,
    summary: 'Gives a key a new secret; the old one stops working at once.',
    who: 'operator',
    parameters: idParameters,
    answer: { status: 200, what: 'The key with its new secret.', schema: newKeySchema },
    refusals: [409, 503],
    run: ({ parameters }, { parts }) => parts.keys.rotate(parameters.id),
  }),
  operation({
    id: 'revokeKey',
    method: 'delete',
    path: '/keys/{id}',
    group,
    summary: 'Revokes a key; whoever uses it now is sent away.',
    who: 'operator',
    parameters: idParameters,
    answer: { status: 200, what: 'The key as it was.', schema: keySchema },
    refusals: [409, 503],
    run: ({ parameters }, { parts }) => parts.keys.revoke(parameters.id),
  }),
  operation({
    id: 'signUrl',
    method: 'post',
    path: '/signatures',
    group,
    summary: 'Signs a URL that works for a while, without a stored key.',
    who: 'operator',
    body: signatureWishSchema,
    answer: { status: 200, what: 'What to put behind the URL.', schema: signatureSchema },
    refusals: [409],
    run: ({ body }, { parts }) => parts.keys.sign(body),
  }),
];
