/** Installs what is missing: npm packages from the lock file, programs from the system's packages. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string} sentence */
export function fail(sentence) {
  process.stderr.write(`millrace: ${sentence}\n`);
  process.exit(1);
}

export function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) fail(`Node.js 20 or later is needed, this is ${process.version}`);
}

/** True if every package of the lock file that is needed stands in node_modules in the locked version. */
function packagesAreThere(withDev) {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const there = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(([path, one]) => {
      if (path === '' || one.optional || one.devOptional || (one.dev && !withDev)) return true;
      return there[path]?.version === one.version && existsSync(join(root, path, 'package.json'));
    });
  } catch {
    return false;
  }
}

/** @param {{ dev: boolean }} options `dev`: also what building types, checks and tests need. */
export function ensurePackages({ dev }) {
  if (packagesAreThere(dev)) return;
  process.stderr.write('millrace: installing npm packages …\n');
  const args = [
    'ci',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...(dev ? ['--include=dev'] : ['--omit=dev']),
  ];
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const { status } = spawnSync(command, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail('npm could not install the packages (see above)');
}

/** Programs the tests use, and the Debian packages that have them. */
const PROGRAMS = [
  { program: 'ffmpeg', packages: ['ffmpeg'] },
  { program: 'rtmpdump', packages: ['rtmpdump'] },
  { program: 'nginx', packages: ['nginx'] },
  { program: 'caddy', packages: ['caddy'] },
  { program: 'cvlc', packages: ['vlc-bin', 'vlc-plugin-base'] },
  { program: 'chromium', packages: ['chromium'] },
  { program: 'Xvfb', packages: ['xvfb'] },
  {
    program: 'WebKitWebDriver',
    packages: [
      'webkit2gtk-driver',
      'gstreamer1.0-plugins-good',
      'gstreamer1.0-plugins-bad',
      'gstreamer1.0-libav',
      'libgl1-mesa-dri',
    ],
  },
];

const OBS = { program: 'obs', packages: ['obs-studio', 'obs-plugins', 'libgl1-mesa-dri', 'dbus'] };

const isThere = (program) =>
  (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, program)));

/** nginx's modules are no programs; Debian has them here. */
const MODULES = '/usr/lib/nginx/modules';
const NGINX_STREAM = {
  file: 'ngx_stream_module.so',
  program: 'nginx-stream',
  packages: ['libnginx-mod-stream'],
};
const NGINX_RTMP = {
  file: 'ngx_rtmp_module.so',
  program: 'nginx-rtmp',
  packages: ['nginx-light', 'libnginx-mod-rtmp'],
};
const missingModules = (...modules) => modules.filter(({ file }) => !existsSync(join(MODULES, file)));

/** What the benchmark uses beside ffmpeg: a compiler for its load generators, and peers to compare with. */
const BENCH_PROGRAMS = [
  { program: 'ffmpeg', packages: ['ffmpeg'] },
  { program: 'cc', packages: ['gcc', 'libc6-dev'] },
  { program: 'wrk', packages: ['wrk'] },
];

/** Installs missing programs of the tests where that is possible; says what is missing where it is not. */
export function ensurePrograms({ obs = false } = {}) {
  const missing = [...PROGRAMS, ...(obs ? [OBS] : [])].filter(({ program }) => !isThere(program));
  install([...missing, ...missingModules(NGINX_STREAM, NGINX_RTMP)]);
}

/** The same for the benchmark. */
export function ensureBenchPrograms() {
  const missing = BENCH_PROGRAMS.filter(({ program }) => !isThere(program));
  install([...missing, ...missingModules(NGINX_RTMP)]);
}

/** @param {{ program: string, packages: string[] }[]} missing */
function install(missing) {
  if (missing.length === 0) return;
  const names = missing.map(({ program }) => program).join(', ');
  const packages = [...new Set(missing.flatMap((one) => one.packages))];
  const hint = `on Debian: apt-get install --no-install-recommends ${packages.join(' ')}`;
  const isRoot = process.getuid?.() === 0;
  const canInstall = isThere('apt-get') && (isRoot || (isThere('sudo') && sudoWorks()));
  if (!canInstall) {
    process.stderr.write(`millrace: missing, what needs it is skipped: ${names} (${hint})\n`);
    return;
  }
  process.stderr.write(`millrace: installing from the system's packages: ${packages.join(' ')} …\n`);
  const apt = (...args) =>
    spawnSync(isRoot ? 'apt-get' : 'sudo', [...(isRoot ? [] : ['-n', '-E', 'apt-get']), ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 2],
    }).status === 0;
  const isDone = apt('update', '-qq') && apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
  if (!isDone) process.stderr.write(`millrace: that failed; what needs ${names} is skipped (${hint})\n`);
}

function sudoWorks() {
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
}
