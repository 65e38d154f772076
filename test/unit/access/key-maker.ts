import { KeyFile } from '../../../src/access/key-file.ts';
import { KeyStore } from '../../../src/access/key-store.ts';
import { createLog } from '../../../src/observe/log.ts';

/*
 * A program that makes keys, uses and revokes them as fast as it can, for a test that kills it. A line on standard output says
 * what is promised: `+SECRET` or `-ID`.
 */

const store = new KeyStore({
  file: new KeyFile(process.argv[2] ?? ''),
  clock: Date.now,
  after: () => () => undefined,
  log: createLog({ level: 'silent', format: 'json' }),
  signingSecret: () => '',
});
store.open();
for (let count = 0; ; count++) {
  const { id, secret } = await store.create({
    action: 'publish',
    streams: 'live/cam',
    label: 'x'.repeat(150),
  });
  process.stdout.write(`+${secret}\n`);
  if (count % 3 !== 2) continue;
  await store.revoke(id);
  process.stdout.write(`-${secret}\n`);
}
