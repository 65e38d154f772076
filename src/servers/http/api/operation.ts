import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { StreamReport } from '../stream-report.ts';
import type { Caller } from './caller.ts';
import type { EventStreams } from './event-streams.ts';
import type { Operators } from './operators.ts';
import type { ApiParts } from './parts.ts';
import type { ServerReport } from './schemas/server.ts';
import type { WantedPoster } from '../poster-route.ts';
import type { WantedRecording } from '../recordings/recordings-route.ts';

/** What operations are done with. */
export interface House {
  readonly parts: ApiParts;
  readonly streams: () => readonly StreamReport[];
  readonly server: () => ServerReport;
  readonly operators: Operators;
  readonly events: EventStreams;
  /** The OpenAPI document, as JSON. */
  readonly document: () => object;
  /** The same for people, as HTML. */
  readonly page: () => string;
  /** Sends a stream's poster; decides by itself who may have it. */
  readonly sendPoster: ((wanted: WantedPoster) => Promise<void>) | undefined;
  /** Which streams' recordings are shown to everybody; undefined: none. */
  readonly recordingIsPublic: (() => ((stream: string) => boolean) | undefined) | undefined;
  /** Sends a recording, or what belongs to it; decides by itself who may have it. */
  readonly sendRecording:
    ((wanted: WantedRecording & { readonly response: Response }) => void | Promise<void>) | undefined;
}

/** One request, its parts checked. */
export interface Call<P, Q, B> {
  /** Of the path. */
  readonly parameters: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
  readonly request: Request;
  readonly response: Response;
}

/** What routes, validation and the OpenAPI document are made of. */
export interface Operation {
  /** Unique; names of functions in generated clients. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'delete';
  /** Below `/api/v1`, with `{name}` for parameters. */
  readonly path: string;
  readonly group: string;
  /** One sentence. */
  readonly summary: string;
  readonly who: 'anyone' | 'operator';
  /** `any`: pages of other web sites may do it too, for they can do no harm; else only ours may do what is no `get`. */
  readonly pages?: 'any' | undefined;
  readonly parameters?: z.ZodObject | undefined;
  readonly query?: z.ZodObject | undefined;
  readonly body?: z.ZodType | undefined;
  readonly answer: Answer;
  /** Statuses of refusals that are its own, beside those that follow from its kind. */
  readonly refusals: readonly number[];
  /** Gives the answer's body; undefined where there is none, or where it has answered by itself. */
  readonly run: (call: Call<never, never, never>, house: House) => unknown;
}

export type Answer =
  | { readonly status: 200 | 201; readonly what: string; readonly schema: z.ZodType }
  | { readonly status: 204; readonly what: string }
  /** Written by the operation itself: another media type than JSON. */
  | { readonly status: 200; readonly what: string; readonly type: string };

type Checked<T> = T extends z.ZodType ? z.output<T> : undefined;
/** Where there is no schema, nothing is done with what it gives. */
type BodyOf<A> = A extends { readonly schema: z.ZodType } ? z.input<A['schema']> : unknown;

interface Definition<P, Q, B, A extends Answer> extends Omit<
  Operation,
  'parameters' | 'query' | 'body' | 'answer' | 'run' | 'refusals'
> {
  readonly parameters?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  readonly refusals?: readonly number[];
  readonly run: (
    call: Call<Checked<P>, Checked<Q>, Checked<B>>,
    house: House,
  ) => BodyOf<A> | Promise<BodyOf<A>>;
}

/** One line of the table: the compiler sees to it that what runs gives what the schema promises. */
export function operation<
  A extends Answer,
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(definition: Definition<P, Q, B, A>): Operation {
  return { refusals: [], ...definition };
}
