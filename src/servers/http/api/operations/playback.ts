import * as z from 'zod';
import { operation, type Operation } from '../operation.ts';
import { ApiRefusal, TooMany } from '../parts.ts';
import { streamPath } from '../schemas/common.ts';
import { playbackReportSchema, playbackSummarySchema } from '../schemas/playback.ts';

const group = 'Playback';

export const playbackOperations: readonly Operation[] = [
  operation({
    id: 'getTime',
    method: 'get',
    path: '/time',
    group,
    summary: 'The gateway’s clock, for players that show how far they are behind the encoder.',
    who: 'anyone',
    answer: {
      status: 200,
      what: 'The time when the answer was made.',
      schema: z.strictObject({ now: z.number().int().describe('Milliseconds since 1970.') }),
    },
    run: (_call, { parts }) => ({ now: parts.playback.clock() }),
  }),
  operation({
    id: 'reportPlayback',
    method: 'post',
    path: '/playback',
    group,
    summary: 'How well a player has played since it last reported. It says nothing about who watches.',
    who: 'anyone',
    pages: 'any',
    body: playbackReportSchema,
    answer: { status: 204, what: 'Heard, or left unheard because the viewer does not wish to be counted.' },
    refusals: [429],
    run: ({ body, request }, { parts: { playback }, operators }) => {
      if (!playback.isWanted())
        throw new ApiRefusal(403, 'this gateway takes no reports of players (api.playbackReports)');
      const { dnt, 'sec-gpc': privacy } = request.headers;
      if (dnt === '1' || privacy === '1') return;
      const wait = playback.take(operators.addressOf(request));
      if (wait > 0) throw new TooMany('too many reports came from your address', wait);
      playback.heard(body);
    },
  }),
  operation({
    id: 'getPlayback',
    method: 'get',
    path: '/playback',
    group,
    summary: 'What players have reported since the gateway was started, by protocol.',
    who: 'operator',
    query: z.strictObject({ stream: streamPath.optional().describe('Only of this stream.') }),
    answer: {
      status: 200,
      what: 'One entry for each protocol that was reported.',
      schema: z.strictObject({ playback: z.array(playbackSummarySchema).readonly() }),
    },
    run: ({ query }, { parts }) => ({ playback: parts.playback.summary(query.stream) }),
  }),
];
