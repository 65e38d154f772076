/** Builds the server and the player page into `dist`; skips what is already built from the same sources. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkNode, ensurePackages, root } from './install.mjs';

const STAMP = join(root, 'dist/.built-from');

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

/** One hash over everything a build depends on. */
function sourcesHash() {
  const hash = createHash('sha256');
  const files = [
    ...filesBelow(join(root, 'src')),
    ...filesBelow(join(root, 'public')),
    ...filesBelow(join(root, 'scripts')),
  ];
  for (const file of [...files.sort(), join(root, 'package-lock.json'), join(root, 'package.json')]) {
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function isBuilt(hash) {
  try {
    return readFileSync(STAMP, 'utf8') === hash;
  } catch {
    return false;
  }
}

async function buildServer(outDir) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [join(root, 'src/main.ts'), join(root, 'src/index.ts')],
    outdir: join(outDir, 'src'),
    bundle: true,
    splitting: true,
    packages: 'external',
    // A name in a bundle leaves out what is not used of it, here two thirds: the collector of garbage looks at all there is, again and again.
    alias: Object.fromEntries(
      ['jose', 'zod'].map((name) => [name, fileURLToPath(import.meta.resolve(name))]),
    ),
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  });
}

export async function build() {
  const hash = sourcesHash();
  if (isBuilt(hash)) return;
  process.stderr.write('millrace: building …\n');
  const outDir = join(root, 'dist');
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  const { buildPage } = await import('./build-page.mjs');
  await Promise.all([buildServer(outDir), buildPage(join(outDir, 'public'))]);
  writeFileSync(STAMP, hash);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  checkNode();
  ensurePackages({ dev: false });
  await build();
}
