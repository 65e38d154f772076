import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

/** Source files by their path below `src`, with `/`. */
export type Sources = ReadonlyMap<string, string>;

/** From the ground up. A file may import its own folder and anything lower; neighbours do not talk over the fence. */
const FLOORS: readonly (readonly string[])[] = [
  ['bytes'],
  ['amf'],
  ['media'],
  ['codecs'],
  ['protocols', 'containers'],
  ['observe'],
  ['stream'],
  ['clients'],
  ['inputs', 'outputs'],
  ['servers'],
  ['access', 'hooks', 'cluster', 'config'],
  ['app'],
  ['inspect'],
  ['cli', 'index.ts'],
  ['main.ts'],
];

/** Who may enter the rooms that are not on the way of a frame. */
const PRIVATE_ROOMS = new Set(['access', 'hooks', 'cluster', 'config']);
const MAY_ENTER = new Set(['app', 'cli', 'index.ts', 'main.ts']);

/** What pure code may take from Node.js: arithmetic on bytes. */
const PURE_BUILTINS = new Set(['node:crypto', 'node:buffer']);
/** Clocks, timers, logs and the outside world by another door than an import. */
const IMPURE_GLOBALS = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'console',
  'process',
  'performance',
  'fetch',
  'require',
]);

/** A folder of `src`, or a file that lies directly in it. */
const roomOf = (path: string): string => path.split('/')[0] ?? path;
const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.includes(room));
const OBSERVE = floorOf('observe');

/** Every import of a file, type imports and re-exports included: relative ones as paths below `src`. */
function importsOf(path: string, text: string): { readonly files: string[]; readonly others: string[] } {
  const names = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  return {
    files: names
      .filter((name) => name.startsWith('.'))
      .map((name) => posix.normalize(posix.join(posix.dirname(path), name))),
    others: names.filter((name) => !name.startsWith('.')),
  };
}

/** One sentence for each import that climbs, goes next door, or enters a private room. */
export function climbs(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) =>
    importsOf(path, text).files.flatMap((target) => {
      const [from, to] = [roomOf(path), roomOf(target)];
      if (from === to) return [];
      if (floorOf(to) >= floorOf(from)) return [`${path} climbs to ${target}`];
      if (PRIVATE_ROOMS.has(to) && !MAY_ENTER.has(from)) return [`${path} enters ${target}`];
      return [];
    }),
  );
}

/** Files of folders that are on no floor. */
export function homeless(sources: Sources): string[] {
  return [...sources.keys()].filter((path) => floorOf(roomOf(path)) < 0);
}

/** Imports of files that are not there. */
export function missing(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) =>
    importsOf(path, text)
      .files.filter((target) => !sources.has(target) && !sources.has(target.replace(/\.js$/, '.d.ts')))
      .map((target) => `${path} imports ${target}, which is not there`),
  );
}

/** What the floors below `observe` use of the outside world. */
export function impurities(sources: Sources): string[] {
  return [...sources].flatMap(([path, text]) => {
    if (floorOf(roomOf(path)) >= OBSERVE) return [];
    const builtins = importsOf(path, text)
      .others.filter((name) => isBuiltin(name) && !PURE_BUILTINS.has(name))
      .map((name) => `${path} imports ${name}`);
    return [...builtins, ...impureGlobals(path, text)];
  });
}

function impureGlobals(path: string, text: string): string[] {
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) {
      if (node.expression.getText() === 'Date' && node.name.text === 'now')
        found.push(`${path} asks Date.now`);
      return look(node.expression); // the name after the dot is nobody's global
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
      found.push(`${path} asks new Date`);
    if (ts.isIdentifier(node) && IMPURE_GLOBALS.has(node.text)) found.push(`${path} uses ${node.text}`);
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true));
  return found;
}

/** Circles of imports between files, each as `a → b → a`; type imports count. */
export function cycles(sources: Sources): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const walk = (path: string): void => {
    const at = way.indexOf(path);
    if (at >= 0) {
      found.push([...way.slice(at), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    way.push(path);
    for (const target of importsOf(path, sources.get(path) ?? '').files) walk(target);
    way.pop();
    done.add(path);
  };
  for (const path of sources.keys()) walk(path);
  return found;
}
