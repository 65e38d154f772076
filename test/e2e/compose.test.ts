import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { build } from '../../scripts/build.mjs';
import { Background, runProgram } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** No Docker engine is at hand: the file must parse, and the commands it names must do their job outside a container. */
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

interface Service {
  readonly build: { readonly context: string; readonly dockerfile_inline: string };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
};
const gateway = compose.services['gateway']!;
const demo = compose.services['demo']!;
const dockerfile = gateway.build.dockerfile_inline;

/** The arguments of each Dockerfile instruction of one kind, in order. */
const instructions = (name: string): string[] =>
  [...dockerfile.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map((match) => match[1]!);

test('the gateway is built in line, runs as an ordinary user, is checked, and keeps its data', () => {
  assert.equal(gateway.build.context, '.');
  assert.deepEqual(instructions('USER'), ['node']);
  assert.deepEqual(
    gateway.ports?.map((port) => port.split(':').at(-1)),
    ['1935', '8080'],
  );
  assert.deepEqual(gateway.volumes, ['data:/data']);
  assert.ok('data' in compose.volumes);
  assert.equal(gateway.healthcheck?.test[0], 'CMD');
  assert.deepEqual(demo.profiles, ['demo']);
  assert.deepEqual(demo.build, gateway.build, 'one image for both');
});

test('what the image copies is there, and its build step is ours', () => {
  const sources = instructions('COPY')
    .filter((line) => !line.startsWith('--from'))
    .flatMap((line) => line.split(' ').slice(0, -1));
  assert.ok(sources.length >= 6);
  for (const source of sources) assert.ok(existsSync(join(root, source)), source);
  assert.ok(instructions('RUN').includes('node scripts/build.mjs'));
  const nodeMajor = Number(/^FROM node:(\d+)/m.exec(dockerfile)?.[1]);
  assert.ok(nodeMajor >= 20 && nodeMajor % 2 === 0, `Node ${nodeMajor} has no long-term support`);
});

test('entry point, health check and demo do their job', async () => {
  await build();
  const [entry, program] = JSON.parse(instructions('ENTRYPOINT')[0]!) as [string, string];
  const folder = mkdtempSync(join(tmpdir(), 'millrace-compose-'));
  const run = (args: readonly string[]): Background =>
    new Background(entry, [join(root, program), ...args], {
      ...process.env,
      ...gateway.environment,
      MILLRACE_DATA_DIR: join(folder, 'data'),
      MILLRACE_RTMP_PORT: '0',
      MILLRACE_HTTP_PORT: '0',
    });
  const served = run(JSON.parse(instructions('CMD')[0]!) as string[]);
  const ports = await waitFor('the ports', () => {
    const match = /"rtmp":(\d+),"http":(\d+)/.exec(served.output);
    return match && { rtmp: match[1]!, http: match[2]! };
  });
  const [, command, flag, script = ''] = gateway.healthcheck!.test;
  const check = (port: string) => runProgram(command!, [flag!, script.replace(':8080', `:${port}`)]);
  assert.equal((await check(ports.http)).code, 0);
  assert.equal((await check('1')).code, 1, 'nobody listens there');
  const clip = run(demo.command!.map((word) => word.replace('gateway:1935', `127.0.0.1:${ports.rtmp}`)));
  await waitFor(
    'live/demo',
    async () => (await fetch(`http://127.0.0.1:${ports.http}/api/v1/streams/live/demo`)).ok,
  );
  assert.equal(await clip.stop(), 0);
  assert.equal(await served.stop(), 0);
  rmSync(folder, { recursive: true, force: true });
});
