import { renderUnicodeCompact } from 'uqr';
import type { GatewayPorts } from '../app/gateway.ts';
import type { Settings } from '../config/schema.ts';

export interface WelcomeFacts {
  /** This machine's addresses as OBS and phones on the same network see it. */
  readonly rtmpHost: string;
  readonly httpHost: string;
  readonly ports: GatewayPorts;
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
  const { rtmpHost, httpHost, ports, stream, isOnAir, firstKey } = facts;
  const bold = (text: string): string => (facts.color ? `\u001b[1m${text}\u001b[22m` : text);
  const pages = `http://${hostInUrl(httpHost)}:${ports.http}`;
  const link = `${pages}/watch/live/${stream}`;
  return [
    '',
    `  ${bold('Millrace is running.')}${isOnAir ? ' A test clip is on the air as live/demo.' : ''}`,
    '',
    '  In OBS: Settings → Stream → Service "Custom…"',
    `    Server:      ${bold(`rtmp://${hostInUrl(rtmpHost)}:${ports.rtmp}/live`)}`,
    `    Stream Key:  ${bold(firstKey ?? NAME)}`,
    ...whoMayPublish(facts, pages).map((line) => `    ${line}`),
    '',
    `  Watch:         ${bold(link)}`,
    `  All streams:   ${pages}/`,
    `  Operate it:    the same page${facts.isApiOpenHere ? '; from other machines' : ','} with the token in ${facts.tokenPlace}`,
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
