import express, {
  Router,
  type ErrorRequestHandler,
  type NextFunction,
  type Request,
  type Response,
} from 'express';
import type { Log } from '../../../observe/log.ts';
import type { After } from '../../../stream/registry.ts';
import type { StreamReport } from '../stream-report.ts';
import type { Caller } from './caller.ts';
import { docsPage } from './docs-page.ts';
import { EventStreams } from './event-streams.ts';
import { readInput } from './input.ts';
import { openApiDocument } from './openapi.ts';
import type { House, Operation } from './operation.ts';
import { OPERATIONS } from './operations/all.ts';
import type { Operators } from './operators.ts';
import { ApiRefusal, TooMany, type ApiParts } from './parts.ts';
import { isForeignPage } from '../provenance.ts';
import type { ServerReport } from './schemas/server.ts';

export interface ApiOptions {
  readonly parts: ApiParts;
  readonly operators: Operators;
  readonly streams: () => readonly StreamReport[];
  readonly server: () => ServerReport;
  readonly sendPoster?: House['sendPoster'];
  readonly sendRecording?: House['sendRecording'];
  readonly recordingIsPublic?: House['recordingIsPublic'];
  /** Of this program, for the document. */
  readonly version: string;
  readonly after: After;
  /** A request was refused: counts it. */
  readonly refused?: (status: number) => void;
  readonly log: Log;
}

export interface Api {
  /** For `/api/v1`. */
  readonly router: Router;
  /** Ends answers that would go on for ever. */
  close(): void;
}

/** Bodies are wishes of a few lines. */
const MAX_BODY_BYTES = 16 * 1024;

/** Makes the API from its table of operations. */
export function createApi(options: ApiOptions): Api {
  const { parts, operators, version, refused } = options;
  const events = new EventStreams({ listen: parts.events, after: options.after });
  const document = openApiDocument(OPERATIONS, version);
  const page = docsPage(OPERATIONS, version);
  const house: House = {
    ...options,
    events,
    document: () => document,
    page: () => page,
    sendPoster: options.sendPoster,
    sendRecording: options.sendRecording,
    recordingIsPublic: options.recordingIsPublic,
  };
  const router = Router({ caseSensitive: true });
  const readJson = express.json({ limit: MAX_BODY_BYTES, inflate: false, type: () => true });
  for (const [path, own] of byPath(OPERATIONS)) {
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const one of own) route[one.method](guard(one), ...bodyOf(one, readJson), perform(one, house));
    route.all(notAllowed(own));
  }
  router.use(() => {
    throw new ApiRefusal(404, 'there is nothing here');
  });
  router.use(onError(options.log, refused));
  return { router, close: () => events.close() };

  function guard(one: Operation) {
    return (request: Request, response: Response, next: NextFunction): void => {
      response.set('Cache-Control', 'no-store');
      // Any page may show what is public; what is not, no page of another site can read.
      const isForPages = one.method === 'get' || one.pages === 'any';
      if (one.who === 'anyone' && isForPages) response.set('Access-Control-Allow-Origin', '*');
      if (!isForPages) refusePages(request);
      response.locals['caller'] =
        one.who === 'operator' ? operators.demand(request) : operators.meet(request);
      next();
    };
  }
}

function byPath(operations: readonly Operation[]): Map<string, Operation[]> {
  const paths = new Map<string, Operation[]>();
  for (const one of operations) paths.set(one.path, [...(paths.get(one.path) ?? []), one]);
  return paths;
}

/** Pages of other sites may not change anything, whatever right their visitor has. */
function refusePages(request: Request): void {
  if (isForeignPage(request))
    throw new ApiRefusal(
      403,
      'pages of other web sites may not do this (if this is our own page behind a proxy: the proxy must pass on the header Host)',
    );
}

/** A page of another site can send a body without asking first, but not as JSON (Fetch standard, §2.2.2). */
function bodyOf(one: Operation, readJson: express.RequestHandler): express.RequestHandler[] {
  if (one.method === 'get') return [];
  if (one.pages === 'any') return [readJson];
  const mustBeJson: express.RequestHandler = (request, _response, next) => {
    const { 'content-type': type, 'content-length': length, 'transfer-encoding': coding } = request.headers;
    const hasBody = coding !== undefined || (length !== undefined && length !== '0');
    if (hasBody && !/^application\/json *(;|$)/i.test(type ?? ''))
      throw new ApiRefusal(415, 'the body must be JSON, with Content-Type: application/json');
    next();
  };
  return [mustBeJson, readJson];
}

function perform(one: Operation, house: House): express.RequestHandler {
  return async (request, response) => {
    const input = readInput(one, request);
    const caller = response.locals['caller'] as Caller;
    const body = await one.run({ ...input, caller, request, response } as never, house);
    if ('schema' in one.answer) response.status(one.answer.status).json(body);
    else if (one.answer.status === 204) response.status(204).end();
  };
}

/** What a browser wants to hear before it lets a page of another site send JSON: Fetch standard, §3.2.2. */
const PREFLIGHT = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'POST',
  'Access-Control-Allow-Headers': 'Content-Type',
  'Access-Control-Max-Age': '86400',
};

function notAllowed(own: readonly Operation[]): express.RequestHandler {
  const methods = own.map(({ method }) => method.toUpperCase());
  const allow = [
    ...(methods.includes('GET') ? ['GET', 'HEAD'] : []),
    ...methods.filter((one) => one !== 'GET'),
  ];
  return (request, response) => {
    response.set('Allow', [...allow, 'OPTIONS'].join(', ')).set('Cache-Control', 'no-store');
    if (own.some(({ pages }) => pages === 'any')) response.set(PREFLIGHT);
    if (request.method !== 'OPTIONS') throw new ApiRefusal(405, `${request.method} is not allowed here`);
    response.status(204).end();
  };
}

function onError(log: Log, refused: ApiOptions['refused']): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    if (request.socket.destroyed) return; // nobody is left to answer
    const refusal = refusalOf(error);
    if (refusal.status >= 500 && !(error instanceof ApiRefusal))
      log.error({ err: error, path: request.path }, 'request failed');
    refused?.(refusal.status);
    if (refusal.status === 401) response.set('WWW-Authenticate', 'Bearer realm="millrace"');
    if (refusal instanceof TooMany) response.set('Retry-After', String(refusal.seconds));
    const { message, field } = refusal;
    response
      .set('Cache-Control', 'no-store')
      .status(refusal.status)
      .json({ error: message, ...(field !== undefined && { field }) });
  };
}

/** Express and its reader of bodies mark what is the client's fault with a status and a type. */
function refusalOf(error: unknown): ApiRefusal {
  if (error instanceof ApiRefusal) return error;
  const { status, type } = Object(error) as { status?: unknown; type?: unknown };
  if (type === 'entity.parse.failed') return new ApiRefusal(400, 'the body is not valid JSON');
  if (status === 413) return new ApiRefusal(413, `the body must have at most ${MAX_BODY_BYTES} bytes`);
  if (status === 415) return new ApiRefusal(415, 'the body must be JSON in UTF-8, not compressed');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new ApiRefusal(status, 'the request cannot be understood');
  return new ApiRefusal(500, 'the gateway failed to answer');
}
