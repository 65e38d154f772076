import type { Settings } from '../config/schema.ts';
import { timeProblem } from '../servers/tls/validity.ts';
import { findCertificate, type FoundCertificate } from './certificate-files.ts';
import { isFor } from './tls-names.ts';
import { tlsPlan } from './tls-plan.ts';

/** Hosts that the settings send others to by RTMPS, and the setting that does: they will look for these in the certificate. */
function hostsIn({ stop, ladder }: Settings): (readonly [string, string])[] {
  return [
    ['stop.reconnectTo', stop.reconnectTo],
    ['ladder.ingest', ladder.ingest],
  ].flatMap(([setting = '', url = '']) => {
    const [, host] = /^rtmps:\/\/(?:\[([^\]]+)\]|([^:]+))/i.exec(url)?.filter(Boolean) ?? [];
    return host === undefined ? [] : [[setting, host] as const];
  });
}

/** What is the matter with the names of a certificate, in sentences for the operator. */
export function nameProblems({ pair }: Pick<FoundCertificate, 'pair'>, settings: Settings): string[] {
  const { names } = pair;
  if (names.length === 0)
    return ['the certificate names no host (subjectAltName): whoever looks at it refuses to connect'];
  return hostsIn(settings)
    .filter(([, host]) => !isFor(names, host))
    .map(
      ([setting, host]) =>
        `the certificate is not for ${host}, to which ${setting} sends encoders, but for ${names.join(', ')} (unless another server answers there)`,
    );
}

/**
 * What a start would warn of about the certificate that the settings name. One that the gateway would make itself is not made.
 *
 * @param now ms since 1970
 * @throws {ConfigError} what would keep it from starting
 */
export async function certificateProblems(settings: Settings, now: number): Promise<string[]> {
  const { certificate: place } = tlsPlan(settings);
  if (place?.kind !== 'files') return [];
  const found = await findCertificate({ place, dir: '', now });
  const late = timeProblem(found.pair, now);
  return [...found.warnings, ...nameProblems(found, settings), ...(late === undefined ? [] : [late])];
}
