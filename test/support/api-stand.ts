import express from 'express';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApi, type Api, type ApiOptions } from '../../src/servers/http/api/api.ts';
import { Operators } from '../../src/servers/http/api/operators.ts';
import { ClientAddresses } from '../../src/servers/http/client-address.ts';
import { fakeParts, STREAM, type FakeParts } from './api-parts.ts';
import { FakeTime } from './fake-time.ts';
import { recordingLog, type LogLine } from './recording-log.ts';

export const TOKEN = 'a-token-of-the-operator';

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a text. */
  readonly body?: unknown;
  /** Sent as bearer. */
  readonly token?: string;
  readonly agent?: false;
}

export interface Called {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Undefined if it is not JSON. */
  readonly json: unknown;
}

/** One HTTP request with nothing in it but what is asked for. */
export function call(port: number, path: string, options: CallOptions = {}): Promise<Called> {
  const { body, token } = options;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const headers = {
    ...(text !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const { method = 'GET' } = options;
    const client = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(called(response, Buffer.concat(chunks).toString())));
    });
    client.on('error', reject);
    client.end(text);
  });
}

function called(response: IncomingMessage, text: string): Called {
  const isJson = response.headers['content-type']?.startsWith('application/json') === true;
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json: isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined,
  };
}

/** The API on a port of its own, with parts that are small but complete. */
export class ApiStand {
  readonly parts: FakeParts = fakeParts();
  readonly time = new FakeTime();
  readonly refused: number[] = [];
  readonly lines: LogLine[];
  trustLoopback = false;
  port = 0;
  readonly #server: Server;
  readonly #api: Api;

  constructor(options: Partial<ApiOptions> = {}) {
    const { log, lines } = recordingLog();
    this.lines = lines;
    this.#api = createApi({
      parts: this.parts,
      operators: new Operators({
        token: () => TOKEN,
        trustLoopback: () => this.trustLoopback,
        now: this.time.now,
        clients: new ClientAddresses(),
      }),
      streams: () => [STREAM],
      server: () => ({
        name: 'millrace',
        version: '1.2.3',
        uptimeSeconds: 1,
        rtmpPort: 1935,
        publishAccess: 'keys',
        addresses: [],
      }),
      version: '1.2.3',
      after: this.time.after,
      refused: (status) => this.refused.push(status),
      log,
      ...options,
    });
    this.#server = createServer(express().use('/api/v1', this.#api.router));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** `path` below `/api/v1`. */
  call(path: string, options?: CallOptions): Promise<Called> {
    return call(this.port, `/api/v1${path}`, options);
  }

  /** The same, as the operator. */
  operate(path: string, options: CallOptions = {}): Promise<Called> {
    return this.call(path, { token: TOKEN, ...options });
  }

  async stop(): Promise<void> {
    this.#api.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
