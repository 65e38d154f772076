import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { climbs, cycles, homeless, impurities, missing, type Sources } from '../../support/floors.ts';

const src = fileURLToPath(new URL('../../../src', import.meta.url));
const sources: Sources = new Map(
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path.replaceAll('\\', '/'), readFileSync(join(src, path), 'utf8')]),
);
const house = (files: Readonly<Record<string, string>>): Sources => new Map(Object.entries(files));

test('the whole house is looked at', () => {
  assert.ok(sources.size > 50);
  for (const path of ['main.ts', 'bytes/byte-reader.ts', 'servers/http/respond.ts'])
    assert.ok(sources.has(path), path);
});

test('every folder of src is on a floor', () => assert.deepEqual(homeless(sources), []));
test('imports only go down, types too', () => assert.deepEqual(climbs(sources), []));
test('no two files import each other, however long the way round', () =>
  assert.deepEqual(cycles(sources), []));
test('the floors below observe do not log, wait or open anything', () =>
  assert.deepEqual(impurities(sources), []));

test('a climb is found, in whatever form it comes', () => {
  const forms = [
    `import { Wire } from '../outputs/flv/flv-format.ts';`,
    `import type { Wire } from '../outputs/flv/flv-format.ts';`,
    `import { type Wire } from '../outputs/flv/flv-format.ts';`,
    `import '../outputs/flv/flv-format.ts';`,
    `export * from '../outputs/flv/flv-format.ts';`,
    `export type { Wire } from '../outputs/flv/flv-format.ts';`,
    `const wire = await import('../outputs/flv/flv-format.ts');`,
    `type Wire = import('../outputs/flv/flv-format.ts').Wire;`,
  ];
  for (const form of forms) {
    const found = climbs(house({ 'stream/wire.ts': form }));
    assert.deepEqual(found, ['stream/wire.ts climbs to outputs/flv/flv-format.ts'], form);
  }
  assert.deepEqual(climbs(house({ 'stream/wire.ts': `// import '../outputs/x.ts'` })), []);
});

test('next door is as far as upstairs; private rooms are entered from app and cli only', () => {
  const found = climbs(
    house({
      'inputs/a.ts': `import '../outputs/b.ts'; import '../stream/c.ts'; import './d.ts';`,
      'access/policy.ts': `import '../config/schema.ts';`,
      'servers/door.ts': `import '../access/policy.ts';`,
      'inspect/look.ts': `import '../config/schema.ts'; import '../codecs/aac/config.ts';`,
      'app/gateway.ts': `import '../config/schema.ts'; import '../access/policy.ts';`,
      'amf/reader.ts': `import '../bytes/byte-reader.ts'; import '../media/frame.ts';`,
      'cli/serve.ts': `import '../inspect/inspect.ts'; import '../app/gateway.ts';`,
      'app/report.ts': `import '../inspect/inspect.ts';`,
      'main.ts': `import './cli/program.ts';`,
      'cli/x.ts': `import '../main.ts';`,
    }),
  );
  assert.deepEqual(found, [
    'inputs/a.ts climbs to outputs/b.ts',
    'access/policy.ts climbs to config/schema.ts',
    'servers/door.ts climbs to access/policy.ts',
    'inspect/look.ts enters config/schema.ts',
    'amf/reader.ts climbs to media/frame.ts',
    'app/report.ts climbs to inspect/inspect.ts',
    'cli/x.ts climbs to main.ts',
  ]);
});

test('a folder without a floor, a circle, and a file that is not there are found', () => {
  const odd = house({
    'utils/misc.ts': '',
    'media/a.ts': `import './b.ts';`,
    'media/b.ts': `import type { C } from './c.ts';`,
    'media/c.ts': `import './a.ts'; import './gone.ts';`,
  });
  assert.deepEqual(homeless(odd), ['utils/misc.ts']);
  assert.deepEqual(cycles(odd), ['media/a.ts → media/b.ts → media/c.ts → media/a.ts']);
  assert.deepEqual(missing(odd), ['media/c.ts imports media/gone.ts, which is not there']);
});

test('a clock, a log or a socket below observe is found; bytes and digests are allowed', () => {
  const found = impurities(
    house({
      'codecs/a.ts': `import { readFileSync } from 'node:fs'; import net from 'net';`,
      'codecs/b.ts': `import { createHash } from 'node:crypto'; import { Buffer } from 'node:buffer';`,
      'media/c.ts': `const at = Date.now(); setTimeout(() => {}, 1); const d = new Date();`,
      'media/d.ts': `const day = new Date(5); const x = task.process; // console.log`,
      'bytes/e.ts': `console.log(process.env.X);`,
      'observe/f.ts': `import 'node:fs'; console.log(Date.now());`,
    }),
  );
  assert.deepEqual(found, [
    'codecs/a.ts imports node:fs',
    'codecs/a.ts imports net',
    'media/c.ts asks Date.now',
    'media/c.ts uses setTimeout',
    'media/c.ts asks new Date',
    'bytes/e.ts uses console',
    'bytes/e.ts uses process',
  ]);
});
