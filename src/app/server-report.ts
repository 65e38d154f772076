import type { Settings } from '../config/schema.ts';
import type { ServerReport } from '../servers/http/api/schemas/server.ts';
import type { GatewayPorts } from './doors.ts';
import { lanAddresses } from './lan-address.ts';
import { VERSION } from './version.ts';

export interface ServerFacts {
  readonly settings: Settings;
  /** Those that are open, or will be. */
  readonly ports: Pick<GatewayPorts, 'rtmp' | 'rtmps' | 'https'>;
  readonly uptimeMs: number;
}

/** The gateway as its API and pages tell of it. */
export function describeServer({ settings, ports, uptimeMs }: ServerFacts): ServerReport {
  const { rtmp, rtmps, https } = ports;
  return {
    name: 'millrace',
    version: VERSION,
    uptimeSeconds: Math.round(uptimeMs / 100) / 10,
    rtmpPort: rtmp,
    ...(rtmps !== undefined && { rtmpsPort: rtmps }),
    ...(https !== undefined && { httpsPort: https }),
    publishAccess: settings.access.publish,
    playbackReports: settings.api.playbackReports,
    recordings: settings.record.watch,
    addresses: lanAddresses(),
  };
}
