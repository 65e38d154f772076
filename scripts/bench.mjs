/** `npm run bench`: installs what is missing, builds, measures. Options: see test/bench/README.md. */
import { spawnSync } from 'node:child_process';
import { checkNode, ensureBenchPrograms, ensurePackages, root } from './install.mjs';

checkNode();
ensurePackages({ dev: true });
ensureBenchPrograms();
const { build } = await import('./build.mjs');
await build();
const args = ['--import=tsx', 'test/bench/run.ts', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
