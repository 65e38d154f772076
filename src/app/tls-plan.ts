import { ConfigError } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';

/** Where the certificate comes from. */
export type CertificatePlace =
  { readonly kind: 'files'; readonly cert: string; readonly key: string } | { readonly kind: 'self-signed' };

/** Which ports are to be opened; undefined: none. */
export interface TlsPlan {
  readonly rtmp: number | undefined;
  readonly http: number | undefined;
  readonly rtmps: number | undefined;
  readonly https: number | undefined;
  /** Undefined: TLS is not spoken. */
  readonly certificate: CertificatePlace | undefined;
}

/** Who has a certificate wants to be reached by TLS. Below 1024 only root may listen, so it is not 443. */
const HTTPS_PORT = 8443;
/** By custom; there is no registered one. */
const RTMPS_PORT = 1936;

/** What the settings for TLS come to, taken together. @throws {ConfigError} if they do not go together */
export function tlsPlan(settings: Settings): TlsPlan {
  const { rtmp, http } = settings;
  const certificate = placeOf(settings.tls);
  const plan = {
    rtmp: openPort(rtmp.port),
    http: openPort(http.port),
    rtmps: securePort(rtmp.tlsPort, certificate && RTMPS_PORT),
    https: securePort(http.tlsPort, certificate && HTTPS_PORT),
    certificate,
  };
  check(plan, settings);
  return plan;
}

const openPort = (port: number | 'off'): number | undefined => (port === 'off' ? undefined : port);

const securePort = (port: number | 'off' | 'auto', usual: number | undefined): number | undefined =>
  port === 'auto' ? usual : openPort(port);

function placeOf({ cert, key, selfSigned }: Settings['tls']): CertificatePlace | undefined {
  if (cert === '' && key !== '') throw new ConfigError('tls.key is set and tls.cert is not: TLS needs both');
  if (cert !== '' && selfSigned)
    throw new ConfigError('tls.cert and tls.selfSigned are both set: there can be one certificate');
  if (selfSigned) return { kind: 'self-signed' };
  return cert === '' ? undefined : { kind: 'files', cert, key: key === '' ? cert : key };
}

function check(plan: TlsPlan, { hooks, http }: Settings): void {
  for (const [port, name] of [
    [plan.https, 'http.tlsPort'],
    [plan.rtmps, 'rtmp.tlsPort'],
  ] as const)
    if (port !== undefined && !plan.certificate)
      throw new ConfigError(
        `${name} is set, but there is no certificate: set tls.cert and tls.key, or tls.selfSigned for trying out`,
      );
  if (http.redirectToTls && plan.https === undefined)
    throw new ConfigError(
      'http.redirectToTls is set, but there is no HTTPS to go to: see tls.cert and http.tlsPort',
    );
  if (plan.http === undefined && plan.https === undefined)
    throw new ConfigError('http.port is off and there is no HTTPS either: the gateway could not be reached');
  if (plan.rtmp === undefined && hooks.exec.length > 0)
    throw new ConfigError(
      'rtmp.port is off, but the programs in hooks.exec use it: let it listen on this machine only (rtmp.host: 127.0.0.1, rtmp.tlsHost: "*")',
    );
}
