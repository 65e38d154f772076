import * as z from 'zod';
import type { RecordingPart } from '../../recordings/recordings-route.ts';
import { operation, type Call, type House, type Operation } from '../operation.ts';
import { ApiRefusal } from '../parts.ts';
import {
  page,
  pageFacts,
  paging,
  recordingParameters,
  streamParameters,
  streamPath,
} from '../schemas/common.ts';
import { recordingSchema, recordWishSchema } from '../schemas/parts.ts';

const group = 'Recordings';
const FILE = '/recordings/{app}/{stream}/{file}';
const several = z.strictObject({ recordings: z.array(recordingSchema).readonly() });

export const recordingOperations: readonly Operation[] = [
  operation({
    id: 'listRecordings',
    method: 'get',
    path: '/recordings',
    group,
    summary:
      'All recordings, those being written included; if `record.watch` lets viewers watch them, to others those of streams that everybody may play.',
    who: 'anyone',
    query: z.strictObject({ stream: streamPath.optional().describe('Only of this stream.'), ...paging }),
    refusals: [401, 429],
    answer: {
      status: 200,
      what: 'One page of them.',
      schema: z.strictObject({ recordings: z.array(recordingSchema), ...pageFacts }),
    },
    run: async ({ query, caller, request }, { parts, operators, recordingIsPublic }) => {
      const isShown = caller.isOperator ? () => true : recordingIsPublic?.();
      if (!isShown) operators.demand(request);
      const all = await parts.recordings.list({ stream: query.stream });
      const { entries, ...facts } = page(isShown ? all.filter(({ stream }) => isShown(stream)) : [], query);
      return { recordings: entries, ...facts };
    },
  }),
  operation({
    id: 'fetchRecording',
    method: 'get',
    path: FILE,
    group,
    summary:
      'The recording itself; part of it with `Range`; FLV from the key frame before a time with `?start=SECONDS`; `?download` for a browser to keep it. `record.watch` says who may have it.',
    who: 'anyone',
    parameters: recordingParameters,
    answer: { status: 200, what: 'The file.', type: 'video/*' },
    refusals: [401, 403, 416, 503],
    run: (call, house) => send({ kind: 'file' }, call, house),
  }),
  operation({
    id: 'getRecordingPlaylist',
    method: 'get',
    path: `${FILE}/index.m3u8`,
    group,
    summary:
      'The recording as HLS: a playlist that has ended; of one that is still being written, what there is by now.',
    who: 'anyone',
    parameters: recordingParameters,
    answer: { status: 200, what: 'A media playlist.', type: 'application/vnd.apple.mpegurl' },
    refusals: [401, 403, 503],
    run: (call, house) => send({ kind: 'playlist' }, call, house),
  }),
  operation({
    id: 'getRecordingSegment',
    method: 'get',
    path: `${FILE}/segments/{segment}`,
    group,
    summary: 'A segment that the playlist of an FLV recording names, or what stands in front of them.',
    who: 'anyone',
    parameters: recordingParameters.extend({
      segment: z.string().max(64).describe('As in the playlist.'),
    }),
    answer: {
      status: 200,
      what: 'A segment of MPEG-TS; of fMP4 where MPEG-TS cannot carry the codecs.',
      type: 'video/*',
    },
    refusals: [401, 403, 503],
    run: (call, house) => send({ kind: 'segment', name: call.parameters.segment }, call, house),
  }),
  operation({
    id: 'getRecording',
    method: 'get',
    path: `${FILE}/info`,
    group,
    summary: 'What is known of one recording.',
    who: 'operator',
    parameters: recordingParameters,
    answer: { status: 200, what: 'The recording.', schema: recordingSchema },
    run: async ({ parameters }, { parts }) => {
      const id = idOf(parameters);
      const found = await parts.recordings.find(id);
      if (!found) throw unknownRecording(id);
      return found;
    },
  }),
  operation({
    id: 'deleteRecording',
    method: 'delete',
    path: FILE,
    group,
    summary: 'Deletes a recording that is not being written.',
    who: 'operator',
    parameters: recordingParameters,
    answer: { status: 204, what: 'It is gone.' },
    refusals: [409],
    run: ({ parameters }, { parts }) => parts.recordings.remove(idOf(parameters)),
  }),
  operation({
    id: 'startRecording',
    method: 'post',
    path: '/streams/{app}/{stream}/recording',
    group,
    summary: 'Begins to record a stream.',
    who: 'operator',
    parameters: streamParameters,
    body: recordWishSchema,
    answer: { status: 201, what: 'The new recordings.', schema: several },
    refusals: [409, 503],
    run: async ({ parameters, body }, { parts }) => ({
      recordings: await parts.recordings.start(`${parameters.app}/${parameters.stream}`, body),
    }),
  }),
  operation({
    id: 'stopRecording',
    method: 'delete',
    path: '/streams/{app}/{stream}/recording',
    group,
    summary: 'Ends all recordings of a stream.',
    who: 'operator',
    parameters: streamParameters,
    answer: { status: 200, what: 'What was closed.', schema: several },
    refusals: [409],
    run: async ({ parameters }, { parts }) => ({
      recordings: await parts.recordings.stop(`${parameters.app}/${parameters.stream}`),
    }),
  }),
];

type SendCall = Pick<
  Call<z.infer<typeof recordingParameters>, undefined, undefined>,
  'parameters' | 'caller' | 'request' | 'response'
>;

async function send(part: RecordingPart, call: SendCall, { sendRecording }: House): Promise<void> {
  const { parameters, caller, request, response } = call;
  const id = idOf(parameters);
  if (!sendRecording) throw unknownRecording(id);
  await sendRecording({ id, part, caller, request, response });
}

function idOf(name: z.infer<typeof recordingParameters>): string {
  return `${name.app}/${name.stream}/${name.file}`;
}

const unknownRecording = (id: string): ApiRefusal => new ApiRefusal(404, `there is no recording "${id}"`);
