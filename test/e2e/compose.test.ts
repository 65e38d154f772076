import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  existsSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { loadSettings } from '../../src/config/load.ts';
import { Background, runProgram } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** docker-compose.yml, and what it has Docker do, done here without Docker. */

interface Service {
  readonly build: { readonly context: string; readonly dockerfile_inline: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const { services, volumes } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<'gateway' | 'demo', Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};

interface Stage {
  readonly lines: readonly (readonly [instruction: string, rest: string])[];
}

/** The Dockerfile's stages, in order. */
function stages(dockerfile: string): Stage[] {
  const found: Stage[] = [];
  for (const line of dockerfile.split('\n').filter((text) => text.trim() !== '')) {
    const [instruction = '', ...rest] = line.split(' ');
    if (instruction === 'FROM') found.push({ lines: [] });
    (found.at(-1)!.lines as [string, string][]).push([instruction, rest.join(' ')]);
  }
  return found;
}

const [build, image] = stages(services.gateway.build.dockerfile_inline) as [Stage, Stage];
const argumentsOf = (stage: Stage, instruction: string): string[] =>
  stage.lines.filter(([name]) => name === instruction).map(([, rest]) => rest);

let folder: string;
/** Where the image's files stand here. */
let root: string;
let gateway: Background;
let ports: { readonly rtmp: number; readonly http: number };

/** Does what COPY does; packages are taken from here, since `npm ci` would get the same. */
function copy(line: string, buildRoot: string, to: string): void {
  const isFromBuild = line.startsWith('--from=build ');
  const words = line.replace('--from=build ', '').split(' ');
  const target = words.pop()!;
  for (const word of words) {
    const source = isFromBuild ? join(buildRoot, word.replace(/^\/millrace\//, '')) : resolve(word);
    assert.ok(existsSync(source), `COPY ${line}: there is no ${word}`);
    const place = target === './' ? join(to, word) : join(to, target);
    mkdirSync(dirname(place), { recursive: true });
    if (target === 'node_modules') symlinkSync(resolve('node_modules'), place);
    else cpSync(source, place, { recursive: true });
  }
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-compose-'));
  const buildRoot = join(folder, 'build');
  root = join(folder, 'image');
  mkdirSync(buildRoot);
  mkdirSync(root);
  for (const line of argumentsOf(build, 'COPY')) copy(line, buildRoot, buildRoot);
  symlinkSync(resolve('node_modules'), join(buildRoot, 'node_modules'));
  for (const line of argumentsOf(build, 'RUN')) {
    if (line === 'npm ci --omit=dev') continue;
    const [program = '', ...args] = line.split(' ');
    assert.equal(program, 'node');
    const { code, stderr } = await runProgram(
      program,
      args.map((arg) => join(buildRoot, arg)),
    );
    assert.deepEqual([code, stderr], [0, 'millrace: building …\n']);
  }
  for (const line of argumentsOf(image, 'COPY')) copy(line, buildRoot, root);

  const [entrypoint] = argumentsOf(image, 'ENTRYPOINT');
  const [command] = argumentsOf(image, 'CMD');
  const [node, script, serve] = [
    ...(JSON.parse(entrypoint!) as string[]),
    ...(JSON.parse(command!) as string[]),
  ];
  assert.deepEqual([node, serve], ['node', 'serve']);
  gateway = new Background(
    node!,
    [join(root, script!), serve!, '--rtmp-port', '0', '--http-port', '0', '--host', '127.0.0.1'],
    { PATH: process.env['PATH'], ...services.gateway.environment, MILLRACE_DATA_DIR: join(folder, 'data') },
  );
  ports = await waitFor('the gateway', () => {
    const line = /^\{.*"gateway ready".*$/m.exec(gateway.output)?.[0];
    return line !== undefined && (JSON.parse(line) as typeof ports);
  });
});

after(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the file says what a gateway needs', () => {
  const { gateway: service, demo } = services;
  assert.ok(
    argumentsOf(image, 'USER').some((user) => user !== '' && !/^(root|0)\b/.test(user)),
    'not as root',
  );
  assert.ok(argumentsOf(build, 'RUN').includes('npm ci --omit=dev'));
  assert.deepEqual(argumentsOf(image, 'EXPOSE'), ['1935 8080']);
  assert.deepEqual(
    service.ports?.map((port) => port.replace(/\$\{[^}]*\}:/, '')),
    ['1935:1935', '8080:8080'],
  );
  const [name, place] = (service.volumes?.[0] ?? '').split(':');
  assert.ok(name !== undefined && name in volumes);
  assert.deepEqual(argumentsOf(image, 'VOLUME'), [place]);
  assert.ok(argumentsOf(image, 'ENV').some((line) => line.includes(`MILLRACE_DATA_DIR=${place}`)));
  assert.deepEqual(service.environment, { MILLRACE_ACCESS_PUBLISH: 'open' });
  assert.ok(service.healthcheck);
  assert.deepEqual(demo.profiles, ['demo']);
  assert.deepEqual(demo.build, service.build);
  assert.deepEqual(demo.depends_on, { gateway: { condition: 'service_healthy' } });
});

test('the health check passes beside a gateway and fails without one', async () => {
  const [kind, program, ...args] = services.gateway.healthcheck!.test;
  assert.deepEqual([kind, program], ['CMD', 'node']);
  const at = (port: number) =>
    runProgram(
      program!,
      args.map((arg) => arg.replace(':8080', `:${port}`)),
    );
  assert.equal((await at(ports.http)).code, 0);
  assert.equal((await at(1)).code, 1);
});

test('the page and its files are in the image', async () => {
  const page = await (await fetch(`http://127.0.0.1:${ports.http}/`)).text();
  const assets = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map((match) => match[1]!);
  assert.ok(assets.length >= 3);
  for (const asset of assets) {
    const { status } = await fetch(`http://127.0.0.1:${ports.http}${asset}`);
    assert.equal(status, 200, asset);
  }
});

test('the demo service puts live/demo on the air', async (context) => {
  const [entrypoint] = argumentsOf(image, 'ENTRYPOINT');
  const [, script] = JSON.parse(entrypoint!) as string[];
  const args = services.demo.command!.map((arg) => arg.replace('gateway:1935', `127.0.0.1:${ports.rtmp}`));
  const demo = new Background('node', [join(root, script!), ...args]);
  context.after(() => demo.stop('SIGKILL'));
  const report = await waitFor('live/demo', async () => {
    const response = await fetch(`http://127.0.0.1:${ports.http}/api/v1/streams/live/demo`);
    return response.ok && ((await response.json()) as { state: string; video: unknown; audio: unknown });
  });
  assert.equal(report.state, 'live');
  assert.equal(await demo.stop('SIGTERM'), 0);
});

test('with docs/compose-secrets.yml secrets come from files, each of which is mounted, and there is time to drain', () => {
  const { services: more, secrets } = parse(readFileSync('docs/compose-secrets.yml', 'utf8')) as {
    readonly services: {
      readonly gateway: Service & { readonly secrets: readonly string[]; readonly stop_grace_period: string };
    };
    readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  };
  const { environment = {}, secrets: mounted, stop_grace_period: grace } = more.gateway;
  assert.deepEqual([...mounted].sort(), Object.keys(secrets).sort());
  const inFolder = Object.entries(environment).map(([variable, value]) => {
    const name = /^\/run\/secrets\/(.*)$/.exec(value)?.[1];
    if (name === undefined) return [variable, value];
    assert.ok(mounted.includes(name), `${variable}: ${name}`);
    const file = join(folder, name);
    writeFileSync(file, `${name}-of-sixteen-or-more\n`);
    return [variable, file];
  });
  const settings = loadSettings({ environment: Object.fromEntries(inFolder) as Record<string, string> });
  assert.equal(settings.api.token, 'api-token-of-sixteen-or-more');
  assert.equal(settings.access.playSecret, 'play-secret-of-sixteen-or-more');
  assert.equal(settings.access.publish, 'keys');
  assert.ok(parseInt(grace) > settings.stop.drainSeconds + 15, 'time to drain');
});
