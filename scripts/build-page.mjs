import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(ROOT, 'public');

/** The oldest browsers that the page is written for. */
const TARGET = ['chrome100', 'firefox100', 'safari15.4'];

/** The gateway's readers and writers, which the page uses as well, have Node's `Buffer`: here it is the package of that name. */
const NODE_BUFFER = {
  name: 'node-buffer',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\][^.]+\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const isOurs = path.startsWith(join(ROOT, 'src')) && /\bBuffer\b/.test(source);
      return isOurs ? { contents: `import { Buffer } from 'buffer';${source}`, loader: 'ts' } : undefined;
    });
  },
};

/** Builds the page into `outDir`: `index.html`, and `assets/` with a hash in every name. */
export async function buildPage(outDir) {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [
      { in: join(PAGE, 'main.tsx'), out: 'main' },
      { in: join(PAGE, 'style/page.css'), out: 'page' },
      { in: join(PAGE, 'favicon.svg'), out: 'favicon' },
    ],
    outdir: join(outDir, 'assets'),
    publicPath: '/assets/',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: TARGET,
    loader: { '.woff2': 'file', '.svg': 'copy' },
    tsconfig: join(PAGE, 'tsconfig.json'),
    plugins: [NODE_BUFFER],
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning',
  });
  const outputs = await measured(metafile.outputs);
  const html = await page(outputs);
  await writeFile(join(outDir, 'index.html'), html);
  return sizes(outputs, html);
}

/** Every output with its sizes, by the path esbuild gives it. */
async function measured(outputs) {
  const entries = Object.entries(outputs).map(async ([path, output]) => {
    const bytes = await readFile(join(ROOT, path));
    const packed = path.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length;
    return [path, { ...output, name: basename(path), bytes: bytes.length, gzipBytes: packed }];
  });
  return new Map(await Promise.all(entries));
}

async function page(outputs) {
  const template = await readFile(join(PAGE, 'index.html'), 'utf8');
  const names = {
    script: nameOf(outputs, /^main-\w+\.js$/),
    style: nameOf(outputs, /^page-\w+\.css$/),
    icon: nameOf(outputs, /^favicon-\w+\.svg$/),
    font: nameOf(outputs, /^figtree-latin-wght-normal-\w+\.woff2$/),
  };
  return template.replace(/\{\{(\w+)\}\}/g, (_, key) => `/assets/${names[key]}`);
}

function nameOf(outputs, pattern) {
  for (const { name } of outputs.values()) if (pattern.test(name)) return name;
  throw new Error(`the page's build has no file ${pattern}`);
}

/** What a first visit loads, by page: everything that is imported without waiting for a need. */
function sizes(outputs, html) {
  const shared = [...outputs.values()].filter(({ name }) =>
    /^(page-\w+\.css|favicon-\w+\.svg|figtree-latin-wght.*\.woff2)$/.test(name),
  );
  const htmlBytes = gzipSync(html, { level: 9 }).length;
  const main = pathOf(outputs, 'public/main.tsx');
  const firstLoad = (entry) => {
    const scripts = staticImports(outputs, [main, pathOf(outputs, entry)]);
    const files = [...shared, ...scripts.map((path) => outputs.get(path))];
    return {
      files: files.map(({ name }) => name).sort(),
      gzipBytes: files.reduce((sum, file) => sum + file.gzipBytes, htmlBytes),
    };
  };
  return {
    files: [...outputs.values()].map(({ name, bytes, gzipBytes }) => ({ name, bytes, gzipBytes })),
    firstLoad: { home: firstLoad('public/pages/home.tsx'), watch: firstLoad('public/pages/watch.tsx') },
  };
}

function pathOf(outputs, entry) {
  for (const [path, { entryPoint }] of outputs) if (entryPoint === entry) return path;
  throw new Error(`the page's build has no part for ${entry}`);
}

function staticImports(outputs, from) {
  const found = new Set(from);
  for (const path of found) {
    for (const { path: next, kind } of outputs.get(path).imports) {
      if (kind === 'import-statement') found.add(next);
    }
  }
  return [...found];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { files, firstLoad } = await buildPage(process.argv[2] ?? join(ROOT, 'dist/public'));
  const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  for (const { name, bytes, gzipBytes } of files)
    process.stdout.write(`${name}  ${kb(bytes)}  ${kb(gzipBytes)} gzipped\n`);
  process.stdout.write(
    `first load: home ${kb(firstLoad.home.gzipBytes)}, watch ${kb(firstLoad.watch.gzipBytes)} gzipped\n`,
  );
}
