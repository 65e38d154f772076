import { Command } from 'commander';
import { DEMO_STREAM, startDemo } from '../app/demo.ts';
import { ConfigError } from '../config/load.ts';
import { createLog } from '../observe/log.ts';
import { clientTarget } from '../protocols/rtmp/session/client-url.ts';

/** `millrace demo`: puts the bundled clip on the air at a gateway that runs already. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('publish the bundled test clip, in a loop, to a gateway that runs already')
    .argument('[url]', 'where to', `rtmp://127.0.0.1:1935/${DEMO_STREAM}`)
    .action((url: string) => {
      if (!clientTarget(url))
        throw new ConfigError(`"${url}" is not an RTMP URL; allowed: rtmp://HOST[:PORT]/APP/STREAM`);
      const demo = startDemo(url, createLog({ level: 'info', format: 'auto' }));
      process.stdout.write(`publishing the test clip to ${url}\n`);
      const stop = (): void => {
        demo.stop();
        setTimeout(() => process.exit(0), 200);
      };
      process.once('SIGTERM', stop);
      process.once('SIGINT', stop);
    });
}
