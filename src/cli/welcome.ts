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
  readonly publish: Settings['access']['publish'];
  readonly color: boolean;
}

/** What a person needs after `npm start`: what to type into OBS, the link to watch, a QR code of it for the phone. */
export function welcome({
  rtmpHost,
  httpHost,
  ports,
  stream,
  isOnAir,
  publish,
  color,
}: WelcomeFacts): string {
  const server = `rtmp://${hostInUrl(rtmpHost)}:${ports.rtmp}/live`;
  const pages = `http://${hostInUrl(httpHost)}:${ports.http}`;
  const bold = (text: string): string => (color ? `\u001b[1m${text}\u001b[22m` : text);
  const link = `${pages}/watch/live/${stream}`;
  const key = isOnAir ? 'cam' : stream;
  return [
    '',
    `  ${bold('Millrace is running.')}${isOnAir ? ' A test clip is on the air as live/demo.' : ''}`,
    '',
    '  In OBS: Settings → Stream → Service "Custom…"',
    `    Server:      ${bold(server)}`,
    `    Stream Key:  ${bold(key)}`,
    ...(publish === 'loopback'
      ? [
          '    Only encoders on this machine may publish. To let others in, start with',
          '    MILLRACE_ACCESS_PUBLISH=open (anyone who can reach the port can then publish).',
        ]
      : []),
    '',
    `  Watch:         ${bold(link)}`,
    `  All streams:   ${pages}/`,
    '',
    ...renderUnicodeCompact(link, { border: 1 })
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    '',
  ].join('\n');
}

/** IPv6 addresses stand in brackets. */
export function hostInUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
