import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Plain `http.request`: unlike fetch it adds no headers and unpacks nothing. */
export function ask(options: RequestOptions): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const client = request({ host: '127.0.0.1', agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
    client.on('error', reject);
    client.end();
  });
}
