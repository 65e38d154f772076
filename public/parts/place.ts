import type { Server } from '../api/types.ts';
import type { Place } from '../text/links.ts';

/** Where this page is, for the addresses it shows. */
export function placeOf(server: Server | undefined): Place {
  const { protocol, hostname, port } = location;
  return {
    ...{ protocol, hostname, port },
    rtmpPort: server?.rtmpPort ?? 1935,
    rtmpsPort: server?.rtmpsPort,
    addresses: server?.addresses ?? [],
  };
}
