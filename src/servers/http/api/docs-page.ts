import * as z from 'zod';
import type { Operation } from './operation.ts';

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h3 { margin: 2rem 0 .2rem; font: 600 1rem ui-monospace, monospace; overflow-wrap: anywhere }
h3 b { display: inline-block; min-width: 4.5rem }
p { margin: .2rem 0 } dl { margin: .4rem 0 0 1rem } dt { font: .9rem ui-monospace, monospace } dd { margin: 0 0 .3rem 1.5rem }
small { opacity: .75 }`;

interface Field {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
}

/** The table as a page to read; it needs nothing but itself. */
export function docsPage(operations: readonly Operation[], version: string): string {
  const groups = [...new Set(operations.map(({ group }) => group))];
  const sections = groups.map((name) => {
    const own = operations.filter(({ group }) => group === name);
    return `<h2>${escaped(name)}</h2>\n${own.map(section).join('\n')}`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace API</title><style>${STYLE}</style></head><body>
<h1>Millrace API</h1>
<p>Version ${escaped(version)}. Paths are below <code>/api/v1</code>; the same for programs is in <a href="openapi.json">openapi.json</a>.</p>
<p>What is for the operator needs <code>Authorization: Bearer TOKEN</code>, a session, or comes from the gateway’s own machine.
Refusals are JSON: <code>{ "error": "why", "field": "what is wrong, if a field is" }</code>.</p>
${sections.join('\n')}
</body></html>
`;
}

function section(one: Operation): string {
  const who = one.who === 'operator' ? 'operator' : 'anyone';
  return [
    `<h3 id="${escaped(one.id)}"><b>${one.method.toUpperCase()}</b> ${escaped(one.path)}</h3>`,
    `<p>${escaped(one.summary)} <small>(${who})</small></p>`,
    fields('', one.parameters),
    fields('?', one.query),
    fields('body.', one.body),
    `<p><small>${one.answer.status}: ${escaped(one.answer.what)}</small></p>`,
  ].join('\n');
}

function fields(prefix: string, schema: z.ZodType | undefined): string {
  if (!schema) return '';
  const json = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, Field>;
    required?: readonly string[];
  };
  const rows = Object.entries(json.properties ?? {}).map(([name, field]) => {
    const isNeeded = json.required?.includes(name) === true;
    const kind = field.enum?.join(' | ') ?? String(field.type ?? '');
    const fallback = field.default === undefined ? '' : `, default ${JSON.stringify(field.default)}`;
    return `<dt>${escaped(prefix + name)}</dt><dd>${escaped(kind + (isNeeded ? '' : ', may be left out') + fallback)}${
      field.description === undefined ? '' : `. ${escaped(field.description)}`
    }</dd>`;
  });
  return rows.length > 0 ? `<dl>${rows.join('')}</dl>` : '';
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (one) => ENTITIES[one] ?? one);
