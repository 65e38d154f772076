/** Installs what development needs beside the program itself: the compiler, the linter, the types. */
import { checkNode, ensurePackages } from './install.mjs';

checkNode();
ensurePackages({ dev: true });
