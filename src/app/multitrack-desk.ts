import type { IncomingMessage } from 'node:http';
import type { Settings } from '../config/schema.ts';
import { streamName } from '../media/stream-name.ts';
import type { Log } from '../observe/log.ts';
import type { ClientAddresses } from '../servers/http/client-address.ts';
import { httpVisit } from '../servers/http/http-visit.ts';
import {
  configurationFor,
  refusalOf,
  type Configuration,
  type IngestAddress,
} from '../servers/http/multitrack/configuration.ts';
import type { MultitrackAsk } from '../servers/http/api/parts.ts';
import type { AccessJudge } from '../servers/judges.ts';

export interface MultitrackDeskOptions {
  /** In force now: they may change. */
  readonly settings: () => Settings;
  readonly access: AccessJudge;
  readonly clients: ClientAddresses;
  /** Really open; 0 or undefined: not. */
  readonly ports: () => { readonly rtmp: number; readonly rtmps?: number };
  readonly log: Log;
}

/** Tells encoders that ask (OBS: Multitrack Video) what to send, and where to. */
export class MultitrackDesk {
  readonly #options: MultitrackDeskOptions;

  constructor(options: MultitrackDeskOptions) {
    this.#options = options;
  }

  /** A key that would be refused by RTMP is refused here already, in words that the encoder shows. Never rejects. */
  async configure(ask: MultitrackAsk): Promise<Configuration> {
    const { settings, log } = this.#options;
    const { ladder } = settings();
    const app = ask.app ?? ladder.app;
    const refusal = await this.#refusal(ask, app);
    if (refusal !== undefined) {
      log.debug({ reason: refusal }, 'no multitrack configuration');
      return refusalOf(ask.wish, refusal);
    }
    return configurationFor(ask.wish, ladder, this.#ingest(ask.request, app));
  }

  async #refusal({ wish, request }: MultitrackAsk, app: string): Promise<string | undefined> {
    const [key = '', query = ''] = split(wish.authentication);
    if (key === '') return 'There is no stream key in the settings of your encoder.';
    const name = streamName(app, key);
    if ('refused' in name) return `The stream key cannot be used: ${name.refused}.`;
    const { access, clients } = this.#options;
    const visit = httpVisit(request, clients, { protocol: 'rtmp', name, query });
    const verdict = await access.judge({ ...visit, action: 'publish', bearer: undefined, origin: undefined });
    return verdict.allowed ? undefined : verdict.reason;
  }

  /** By the name under which the client has found us, unless the settings know a better one. */
  #ingest(request: IncomingMessage, app: string): IngestAddress[] {
    const { ingest } = this.#options.settings().ladder;
    if (ingest !== '')
      return [{ protocol: /^rtmps/i.test(ingest) ? 'RTMPS' : 'RTMP', url: `${ingest}/${app}` }];
    const host = hostOf(request);
    const { rtmp, rtmps = 0 } = this.#options.ports();
    return [
      ...(rtmp > 0 ? [{ protocol: 'RTMP', url: `rtmp://${host}:${rtmp}/${app}` } as const] : []),
      ...(rtmps > 0 ? [{ protocol: 'RTMPS', url: `rtmps://${host}:${rtmps}/${app}` } as const] : []),
    ];
  }
}

function split(text: string): string[] {
  const mark = text.indexOf('?');
  return mark < 0 ? [text] : [text.slice(0, mark), text.slice(mark + 1)];
}

/** Without the port; IPv6 in its brackets. HTTP/2 has it as `:authority`, which Node gives as `host` as well. */
function hostOf({ headers, socket }: IncomingMessage): string {
  const named = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d+)?$/.exec(headers.host ?? '')?.[1];
  if (named !== undefined) return named;
  const own = socket.localAddress ?? '127.0.0.1';
  return own.includes(':') ? `[${own}]` : own;
}
