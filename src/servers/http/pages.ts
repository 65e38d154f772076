import compression from 'compression';
import express, { type ErrorRequestHandler, type Express, type Router } from 'express';
import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import type { Log } from '../../observe/log.ts';
import { bothVersions } from './http2/both-versions.ts';

/** What the pages and the API tell; the app knows where each part comes from. */
export interface PagesOptions {
  /** Directory of the built player page. */
  readonly publicDir: string;
  /** What `/api/v1` answers. */
  readonly api: Router;
  readonly isReady: () => boolean;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** `api.metrics`: undefined lets the caller have the metrics, else the reason why not. */
  readonly metricsRefusal: (request: IncomingMessage) => string | undefined;
  readonly log: Log;
}

/** Nothing from another host; media and workers from memory, as MSE needs. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "worker-src 'self' blob:",
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'self'",
].join('; ');

/** Pages, API, health and metrics: everything that is not media. */
export function createPages(options: PagesOptions): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(compression());
  app.use((_request, response, next) => {
    response.set({ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'same-origin' });
    next();
  });
  app.use('/api/v1', options.api);
  addHealth(app, options);
  addPage(app, options);
  app.use((request, response) => {
    if (request.path.startsWith('/api/')) response.status(404).json({ error: 'there is nothing here' });
    else response.status(404).type('text/plain').send('there is nothing here\n');
  });
  app.use(onError(options.log));
  return bothVersions(app);
}

function addHealth(app: Express, { isReady, metrics, metricsRefusal }: PagesOptions): void {
  app.get('/healthz', (_request, response) => {
    const ready = isReady();
    response
      .set('Cache-Control', 'no-store')
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(ready ? 'ok\n' : 'not ready\n');
  });
  app.get('/metrics', async (request, response) => {
    const refusal = metricsRefusal(request);
    if (refusal !== undefined) {
      response.set({ 'Cache-Control': 'no-store', 'WWW-Authenticate': 'Bearer realm="millrace"' });
      return void response.status(401).type('text/plain').send(`${refusal}\n`);
    }
    const { contentType, text } = await metrics();
    response.set('Cache-Control', 'no-store').set('Content-Type', contentType).send(text);
  });
}

function addPage(app: Express, { publicDir }: PagesOptions): void {
  app.use(
    '/assets',
    express.static(join(publicDir, 'assets'), {
      immutable: true,
      maxAge: '365d',
      index: false,
      redirect: false,
    }),
  );
  app.get(['/', '/recordings', '/watch/:app/:stream'], (_request, response, next) => {
    response.set({
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'Cache-Control': 'no-cache',
    });
    response.sendFile('index.html', { root: publicDir, cacheControl: false }, (error?: Error) => {
      if (error && !response.headersSent) next(error);
    });
  });
}

function onError(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    // The client hung up in the middle: nobody is left to answer, and nothing of ours has failed.
    if (request.socket.destroyed) return;
    const status = statusOf(error);
    if (status >= 500) log.error({ err: error, path: request.path }, 'request failed');
    response
      .status(status)
      .type('text/plain')
      .send(status >= 500 ? 'the gateway failed to answer\n' : 'bad request\n');
  };
}

/** Express marks what is the client's fault (a path that cannot be decoded, say) with a status of its own. */
function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : 500;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
