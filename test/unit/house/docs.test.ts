import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { describeSettings } from '../../../src/config/schema.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Targets of links and pictures that are files: `[a](b)`, `<img src="b">`; code is left out. */
function relativeLinks(markdown: string): string[] {
  const text = markdown.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '');
  const targets = [
    ...text.matchAll(/\]\(\s*<?([^)\s>]+)/g),
    ...text.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm),
    ...text.matchAll(/(?:src|href)="([^"]+)"/g),
  ].map((match) => match[1] ?? '');
  return targets.filter((target) => !/^([a-z][a-z0-9+.-]*:|#|\/\/)/i.test(target));
}

/** Rows of the settings table: `| \`section.name\` | default | allowed | what |`. */
/** A list as one writes it in the environment. */
function textOf(fallback: unknown): string {
  return Array.isArray(fallback)
    ? fallback.map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one))).join(', ')
    : String(fallback);
}

function settingsRows(markdown: string): { key: string; fallback: string; allowed: string; help: string }[] {
  return [...markdown.matchAll(/^\| *`([a-z]+\.[A-Za-z]+)` *\|(.*)\|\s*$/gm)].map((match) => {
    const [fallback = '', allowed = '', ...help] = (match[2] ?? '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    return { key: match[1] ?? '', fallback: fallback.replaceAll('`', ''), allowed, help: help.join('|') };
  });
}

for (const path of ['README.md', 'src/README.md']) {
  const file = join(root, path);
  test(`every relative link of ${path} leads somewhere`, () => {
    const text = readFileSync(file, 'utf8');
    const dead = relativeLinks(text).filter((target) => {
      const [bare = ''] = target.split(/[?#]/);
      return !existsSync(join(dirname(file), decodeURIComponent(bare)));
    });
    assert.deepEqual(dead, []);
  });
}

const readme = join(root, 'README.md');
test('the README’s settings table has exactly the settings there are, with their defaults', () => {
  const rows = settingsRows(readFileSync(readme, 'utf8'));
  const expected = describeSettings().map(({ key, fallback }) => ({ key, fallback: textOf(fallback) }));
  assert.deepEqual(
    rows.map(({ key, fallback }) => ({ key, fallback })),
    expected,
  );
  for (const { key, allowed, help } of rows)
    assert.ok(allowed !== '' && help !== '', `${key} has empty cells`);
});

test('links are found in every form, and what is no file is not', () => {
  const text = `[a](b.md) ![c](pictures/d.png "title") <img src="e.svg"> [f]: g.md\n[f]: g.md#part
    [web](https://example.org) [part](#part) [mail](mailto:a@b) \`[no](x.md)\` [h](<i.md>)
\`\`\`
[no](y.md)
\`\`\``;
  assert.deepEqual(relativeLinks(text), ['b.md', 'pictures/d.png', 'i.md', 'g.md#part', 'e.svg']);
});

test('rows of the settings table are found', () => {
  const table = `| setting | default | allowed | what |
| --- | --- | --- | --- |
| \`rtmp.port\` | 1935 | a whole number, 0 to 65535 | TCP port. |
| \`log.level\` | \`info\` | a \\| b | How much. |
| other | x | y | z |`;
  assert.deepEqual(settingsRows(table), [
    { key: 'rtmp.port', fallback: '1935', allowed: 'a whole number, 0 to 65535', help: 'TCP port.' },
    { key: 'log.level', fallback: 'info', allowed: 'a \\| b', help: 'How much.' },
  ]);
});
