import { Command } from 'commander';
import { DEMO_STREAM, startDemo, type Demo } from '../app/demo.ts';
import { createGateway, type Gateway } from '../app/gateway.ts';
import { lanAddresses } from '../app/lan-address.ts';
import { hostToTell } from '../app/tls-names.ts';
import { ConfigError } from '../config/load.ts';
import { tuneHeap } from './heap.ts';
import { isOperatorError } from './operator-error.ts';
import { hostInUrl, welcome } from './welcome.ts';
import { addSettingsFlags, settingsFrom, type SettingsFlags } from './settings-flags.ts';

/** `millrace serve`: runs the gateway until it is told to stop. */
export function serveCommand(): Command {
  return addSettingsFlags(new Command('serve'))
    .description('run the gateway (the default command)')
    .option('--demo', 'also put a test clip on the air as live/demo')
    .action(async (flags: SettingsFlags & { readonly demo?: boolean }) => {
      tuneHeap();
      const gateway = createGateway({
        settings: settingsFrom(flags),
        readSettings: () => settingsFrom(flags),
      });
      if (flags.demo && gateway.settings.rtmp.port === 'off')
        throw new ConfigError('--demo publishes by plain RTMP, and rtmp.port is off');
      const ports = await gateway.start();
      const { rtmp, http, access, api } = gateway.settings;
      const { certificate } = gateway;
      const secure = (host: string): string => hostToTell(certificate?.names ?? [], reachable(host));
      const stream = flags.demo ? 'demo' : 'cam';
      process.stdout.write(
        welcome({
          rtmp: { host: reachable(rtmp.host), port: ports.rtmp },
          http: { host: reachable(http.host), port: ports.http },
          rtmps:
            ports.rtmps === undefined
              ? undefined
              : { host: secure(rtmp.tlsHost || rtmp.host), port: ports.rtmps },
          https:
            ports.https === undefined
              ? undefined
              : { host: secure(http.tlsHost || http.host), port: ports.https },
          selfSigned: certificate?.isSelfSigned === true ? certificate.fingerprint : undefined,
          stream,
          isOnAir: flags.demo === true,
          access,
          firstKey: gateway.firstKey,
          isApiOpenHere: api.trustLoopback,
          tokenPlace: gateway.tokenPlace,
          color: process.stdout.isTTY,
        }),
      );
      const demo = flags.demo
        ? startDemo(
            `rtmp://${isEverywhere(rtmp.host) ? '127.0.0.1' : hostInUrl(rtmp.host)}:${ports.rtmp}/${DEMO_STREAM}?key=${gateway.houseKey}`,
            gateway.log,
          )
        : undefined;
      stopOnSignals(gateway, demo);
    });
}

/** Listening on every address. */
const isEverywhere = (host: string): boolean => host === '*' || host === '0.0.0.0' || host === '::';

/** The address to tell people: this machine's own on its network, if it listens on all. */
function reachable(host: string): string {
  return isEverywhere(host) ? (lanAddresses()[0] ?? 'localhost') : host;
}

/**
 * The first signal ends streams properly and then the process; a second one ends it at once. Where those who are here may go
 * on for a while (`stop.drainSeconds`) the second signal ends that while, and the third the process.
 */
function stopOnSignals(gateway: Gateway, demo: Demo | undefined): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (gateway.hurry()) return;
    if (isStopping) process.exit(signal === 'SIGINT' ? 130 : 143);
    isStopping = true;
    demo?.stop();
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        gateway.log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // To a service this signal means "read your settings again". In a terminal it means that the terminal is gone: there the
  // process ends at once, as everybody expects, for there is nothing left to write a farewell to.
  if (process.stdin.isTTY) return;
  process.on('SIGHUP', () => {
    if (isStopping) return;
    gateway.reload().catch((error: unknown) => {
      // What the operator can mend has been logged, in one sentence.
      if (!isOperatorError(error)) gateway.log.error({ err: error }, 'reading the settings again failed');
    });
  });
}
