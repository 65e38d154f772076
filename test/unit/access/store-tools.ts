import { join } from 'node:path';
import { KeyFile } from '../../../src/access/key-file.ts';
import { KeyStore } from '../../../src/access/key-store.ts';
import { createLog } from '../../../src/observe/log.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** 2030-01-01T00:00:00Z: when the tests' clock begins, ms since 1970. */
export const BEGIN = 1_893_456_000_000;

export interface Stand {
  readonly folder: string;
  readonly path: string;
  readonly file: KeyFile;
  readonly time: FakeTime;
  readonly store: KeyStore;
  /** `id: reason` of every key that ended. */
  readonly gone: string[];
  /** Another store of the same file: what a restart would find. */
  readonly again: () => KeyStore;
}

export const SECRETS = { publish: 'a secret to publish', play: 'a secret to play it' } as const;

/** A store in a folder of its own, opened. */
export function stand(folder = folderFor()): Stand {
  const path = join(folder, 'keys.json');
  const file = new KeyFile(path);
  const time = new FakeTime();
  const make = (): KeyStore => {
    const store = new KeyStore({
      file,
      clock: () => BEGIN + time.now(),
      after: time.after,
      log: createLog({ level: 'silent', format: 'json' }),
      signingSecret: (action) => SECRETS[action],
    });
    store.open();
    return store;
  };
  const store = make();
  const gone: string[] = [];
  store.listen((id, reason) => gone.push(`${id}: ${reason}`));
  return { folder, path, file, time, store, gone, again: make };
}

export const folderFor = (): string => temporaryFolder('millrace-keys-');
