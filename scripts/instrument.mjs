/**
 * Counts where a program goes: an esbuild plugin that puts a counter into every function and every arm of a branch of our own
 * sources. V8's own coverage tells the same and costs a millisecond an input; this costs an increment.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import ts from 'typescript';

/** The counters' name in the bundle; the bundle's banner makes them. */
export const COUNTERS = '__counters';

const { factory, SyntaxKind } = ts;

/** Where the counters are: `{ file, line }` by number. */
export class Points {
  /** @type {{ file: string, line: number }[]} */
  list = [];

  /** @param {ts.SourceFile} source @param {ts.Node} node @param {string} file */
  add(source, node, file) {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    this.list.push({ file, line: line + 1 });
    return factory.createPostfixIncrement(
      factory.createElementAccessExpression(factory.createIdentifier(COUNTERS), this.list.length - 1),
    );
  }
}

const SHORT_CIRCUITS = new Set([
  SyntaxKind.AmpersandAmpersandToken,
  SyntaxKind.BarBarToken,
  SyntaxKind.QuestionQuestionToken,
]);

/** @param {ts.SourceFile} source @param {string} file @param {Points} points */
function instrumenter(source, file, points) {
  const count = (node) => points.add(source, node, file);
  const statement = (node) => factory.createExpressionStatement(count(node));
  const before = (node, expression) =>
    factory.createParenthesizedExpression(factory.createComma(count(node), expression));

  return (context) => {
    const visit = (node) => rewritten(node, ts.visitEachChild(node, visit, context));
    const inBlock = (original, body) =>
      factory.createBlock([statement(original), ...(ts.isBlock(body) ? body.statements : [body])], true);

    /** `was` has the positions, `node` the changed children. */
    function rewritten(was, node) {
      if (ts.isFunctionLike(node) && node.body) return withCountedBody(was, node);
      if (ts.isIfStatement(node)) {
        const otherwise = node.elseStatement
          ? inBlock(was.elseStatement, node.elseStatement)
          : factory.createBlock([statement(was)]);
        return factory.updateIfStatement(
          node,
          node.expression,
          inBlock(was.thenStatement, node.thenStatement),
          otherwise,
        );
      }
      if (ts.isCaseOrDefaultClause(node)) {
        const statements = [statement(was), ...node.statements];
        return ts.isCaseClause(node)
          ? factory.updateCaseClause(node, node.expression, statements)
          : factory.updateDefaultClause(node, statements);
      }
      if (ts.isConditionalExpression(node)) {
        const { condition, questionToken, colonToken } = node;
        const [yes, no] = [before(was.whenTrue, node.whenTrue), before(was.whenFalse, node.whenFalse)];
        return factory.updateConditionalExpression(node, condition, questionToken, yes, colonToken, no);
      }
      if (ts.isBinaryExpression(node) && SHORT_CIRCUITS.has(node.operatorToken.kind))
        return factory.updateBinaryExpression(
          node,
          node.left,
          node.operatorToken,
          before(was.right, node.right),
        );
      if (ts.isCatchClause(node))
        return factory.updateCatchClause(node, node.variableDeclaration, inBlock(was.block, node.block));
      return ts.isIterationStatement(node, false) ? withCountedLoop(was, node) : node;
    }

    function withCountedBody(was, node) {
      const body = ts.isBlock(node.body)
        ? inBlock(was.body, node.body)
        : before(
            was.body,
            ts.isObjectLiteralExpression(node.body)
              ? factory.createParenthesizedExpression(node.body)
              : node.body,
          );
      if (ts.isArrowFunction(node)) {
        const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken } = node;
        return factory.updateArrowFunction(
          node,
          modifiers,
          typeParameters,
          parameters,
          type,
          equalsGreaterThanToken,
          body,
        );
      }
      return ts.visitEachChild(node, (child) => (child === node.body ? body : child), context);
    }

    function withCountedLoop(was, node) {
      const body = inBlock(was.statement, node.statement);
      return ts.visitEachChild(node, (child) => (child === node.statement ? body : child), context);
    }

    return (root) => ts.visitNode(root, visit);
  };
}

/** @param {{ root: string, points: Points }} options */
export function instrumentPlugin({ root, points }) {
  return {
    name: 'instrument',
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
        if (path.includes('node_modules')) return undefined;
        const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2023, true);
        const { transformed } = ts.transform(source, [instrumenter(source, relative(root, path), points)]);
        return { contents: ts.createPrinter().printFile(transformed[0]), loader: 'ts' };
      });
    },
  };
}
