import { renderUnicodeCompact } from 'uqr';
import type { Settings } from '../config/schema.ts';

/** Where one protocol is spoken: this machine's address, as OBS and phones on the same network see it. */
export interface Spot {
  readonly host: string;
  /** 0: nowhere. */
  readonly port: number;
}

export interface WelcomeFacts {
  readonly rtmp: Spot;
  readonly http: Spot;
  readonly rtmps?: Spot | undefined;
  readonly https?: Spot | undefined;
  /** The fingerprint (SHA-256) of the certificate that was made here. */
  readonly selfSigned?: string | undefined;
  /** The example's stream name. */
  readonly stream: string;
  /** True if that stream is already on the air (the demo clip). */
  readonly isOnAir: boolean;
  readonly access: Pick<Settings['access'], 'publish' | 'trustLoopback'>;
  /** The key that was made at this start; it is shown here and never again. */
  readonly firstKey?: string | undefined;
  /** `api.trustLoopback`: from this machine the operator's pages are free. */
  readonly isApiOpenHere: boolean;
  /** Where the API's token is. Never the token. */
  readonly tokenPlace: string;
  readonly color: boolean;
}

/** What a person needs after `npm start`: what to type into OBS, the link to watch, a QR code of it for the phone. */
export function welcome(facts: WelcomeFacts): string {
  const { rtmp, http, rtmps, https, stream, isOnAir, firstKey } = facts;
  const bold = (text: string): string => (facts.color ? `\u001b[1m${text}\u001b[22m` : text);
  const publish = rtmp.port === 0 && rtmps ? at('rtmps', rtmps) : at('rtmp', rtmp);
  // A certificate that was made here is an obstacle to whoever follows the link; any other one is what the link is for.
  const isSecureBest = https !== undefined && (http.port === 0 || facts.selfSigned === undefined);
  const pages = isSecureBest ? at('https', https) : at('http', http);
  const link = `${pages}/watch/live/${stream}`;
  return [
    '',
    `  ${bold('Millrace is running.')}${isOnAir ? ' A test clip is on the air as live/demo.' : ''}`,
    '',
    '  In OBS: Settings → Stream → Service "Custom…"',
    `    Server:      ${bold(`${publish}/live`)}${rtmps && rtmp.port !== 0 ? `  (encrypted: ${at('rtmps', rtmps)}/live)` : ''}`,
    `    Stream Key:  ${bold(firstKey ?? NAME)}`,
    ...whoMayPublish(facts, pages).map((line) => `    ${line}`),
    '',
    `  Watch:         ${bold(link)}`,
    `  All streams:   ${pages}/`,
    ...otherPages(facts, isSecureBest),
    `  Operate it:    the same page${facts.isApiOpenHere ? '; from other machines' : ','} with the token in ${facts.tokenPlace}`,
    ...aboutSelfSigned(facts),
    '',
    ...renderUnicodeCompact(link, { border: 1 })
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    '',
  ].join('\n');
}

/** The stream's name in the example; the first key leads there. */
const NAME = 'cam';

const at = (protocol: string, { host, port }: Spot): string => `${protocol}://${hostInUrl(host)}:${port}`;

/** The pages' address by the other protocol. */
function otherPages({ http, https }: WelcomeFacts, isSecureBest: boolean): string[] {
  if (!isSecureBest) return https ? [`  By HTTPS:      ${at('https', https)}/`] : [];
  return http.port === 0 ? [] : [`  By HTTP:       ${at('http', http)}/`];
}

function aboutSelfSigned({ selfSigned }: WelcomeFacts): string[] {
  if (selfSigned === undefined) return [];
  return [
    '',
    '  The certificate was made here, for trying out: browsers warn of it, and encoders that check it',
    '  refuse it. Before you go on past the warning, compare its fingerprint (SHA-256):',
    `    ${selfSigned}`,
  ];
}

function whoMayPublish({ access, firstKey }: WelcomeFacts, pages: string): string[] {
  const { publish, trustLoopback } = access;
  if (publish === 'open') return [];
  if (publish === 'loopback') {
    return [
      'Only encoders on this machine may publish. MILLRACE_ACCESS_PUBLISH=keys lets in whoever has a',
      'stream key, from everywhere; =open lets in anyone who can reach the port.',
    ];
  }
  if (firstKey !== undefined) {
    return [
      `This key is shown only now: keep it. It leads to live/${NAME}, which is what viewers see.`,
      ...(trustLoopback
        ? [`Encoders on this machine need none: their Stream Key is ${NAME}, or any name.`]
        : []),
      `More keys: ${pages}/`,
    ];
  }
  return [
    trustLoopback
      ? `That is for encoders on this machine, which need no key. Others enter their key (pk_…) instead:`
      : 'Every encoder enters its key (pk_…) instead of a name:',
    `keys are made, replaced and revoked at ${pages}/ and with /api/v1/keys.`,
  ];
}

/** IPv6 addresses stand in brackets. */
export function hostInUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
