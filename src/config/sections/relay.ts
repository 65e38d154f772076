import * as z from 'zod';
import { streamPattern } from '../../media/stream-pattern.ts';
import { clientTarget } from '../../protocols/rtmp/session/client-url.ts';
import { setting } from '../setting.ts';

/** Where a relay goes or comes from; `{app}` and `{stream}` may stand in it. */
const address = z
  .string()
  .refine(
    (url) => clientTarget(url) !== undefined,
    'it must be rtmp://HOST/APP/STREAM or rtmps://HOST/APP/STREAM',
  );

const streams = z.string().superRefine((text, context) => {
  const pattern = streamPattern(text);
  if ('refused' in pattern) context.addIssue({ code: 'custom', message: pattern.refused });
});

/** `any`: the server is sent codecs too that it has not announced. `all`: one that has announced several tracks is sent all. */
const push = z.strictObject({
  streams,
  to: address,
  codecs: z.enum(['announced', 'any']).default('announced'),
  tracks: z.enum(['all', 'main']).default('all'),
});

const pull = z
  .strictObject({
    stream: streams,
    from: address,
    when: z.enum(['watched', 'always']).default('watched'),
  })
  .refine(({ stream, when }) => when === 'watched' || !stream.includes('*'), {
    path: ['stream'],
    message: 'only one stream can be fetched `always`: a pattern does not say which ones there are',
  });

/** Streams sent to other servers, and fetched from them. */
export const relaySection = z
  .strictObject({
    push: setting(
      z.array(push).default([]),
      'Streams (`live/*`) that are sent on: `streams`, `to`, `codecs`: those that the server has `announced` that it takes, or `any`, and `tracks`: `all`, where the server has announced Multitrack, or `main`. `{app}` and `{stream}` in the address stand for the name.',
    ),
    pull: setting(
      z.array(pull).default([]),
      'Streams that are fetched from other servers: `stream` (`live/*`), `from`, and `when`: only while `watched`, or `always`.',
    ),
    holdSeconds: setting(
      z.number().min(1).max(60).default(10),
      'How long the first viewer of a stream that has to be fetched waits for it.',
    ),
    lingerSeconds: setting(
      z.number().min(0).max(3600).default(10),
      'How long a stream is still fetched after its last viewer has left.',
    ),
    caFile: setting(
      z.string().default(''),
      'File with certificates (PEM) of authorities that are trusted for `rtmps://` beside the well-known ones.',
    ),
  })
  .prefault({});
