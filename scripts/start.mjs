/** `npm start`: installs what is missing, builds if needed, starts the gateway in this process. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkNode, ensurePackages, root } from './install.mjs';

checkNode();
ensurePackages({ dev: false });
const { build } = await import('./build.mjs');
await build();
stopWithNpm();
const main = join(root, 'dist/src/main.js');
process.argv.splice(1, 1, main);
await import(pathToFileURL(main).href);

/** The shell between npm and this process dies of a signal without passing it on; whoever stops npm means the gateway. */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 200);
  watch.unref();
}
