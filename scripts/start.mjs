/** `npm start`: installs what is missing, builds if needed, starts the gateway in this process. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkNode, ensurePackages, root } from './install.mjs';

checkNode();
ensurePackages({ dev: false });
const { build } = await import('./build.mjs');
await build();
const main = join(root, 'dist/src/main.js');
process.argv.splice(1, 1, main);
await import(pathToFileURL(main).href);
