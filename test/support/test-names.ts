import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** Names of the tests that a file defines, as its source has them: `*` stands for a value in a template. */
export function testNames(source: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = ts.isCallExpression(node) && isTest(node.expression) ? nameOf(node.arguments[0]) : undefined;
    if (name !== undefined) names.push(name);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.ts', source, ts.ScriptTarget.Latest));
  return names;
}

export const testNamesIn = (file: string): string[] => testNames(readFileSync(file, 'utf8'));

const isTest = (called: ts.Expression): boolean =>
  ts.isIdentifier(called) && (called.text === 'test' || called.text === 'it');

function nameOf(argument: ts.Expression | undefined): string | undefined {
  if (argument === undefined) return undefined;
  if (ts.isStringLiteralLike(argument)) return argument.text;
  if (!ts.isTemplateExpression(argument)) return undefined;
  return [argument.head.text, ...argument.templateSpans.map(({ literal }) => literal.text)].join('*');
}

/** Matches what a name with `*` in it stands for. */
export function namePattern(name: string): RegExp {
  const escaped = name.split('*').map((part) => part.replaceAll(/[$()+.?[\\\]^{|}]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 's');
}
