import express, { type Express } from 'express';
import type { RequestListener } from 'node:http';
import { Http2Request, Http2Response } from './exchange.ts';

/**
 * Serves an Express application by HTTP/1.1 and by HTTP/2. Express makes every request and response one of Node's classes for
 * HTTP/1.1, by their prototypes, on which those of HTTP/2 do not work. So there is a second application with the same router,
 * whose prototypes have the same methods on top of HTTP/2's classes.
 */
export function bothVersions(app: Express): RequestListener {
  const second = express();
  second.settings = app.settings as unknown; // what it answers with, and does not
  second.request = onTopOf(Http2Request.prototype, express.request, second);
  second.response = onTopOf(Http2Response.prototype, express.response, second);
  second.use(app.router);
  return (request, response) => {
    if (request.httpVersionMajor < 2) app(request, response);
    else second(request, response);
  };
}

function onTopOf<Methods extends object>(base: object, methods: Methods, app: Express): Methods {
  return Object.create(base, {
    ...Object.getOwnPropertyDescriptors(methods),
    app: { configurable: true, enumerable: true, writable: true, value: app },
  }) as Methods;
}
