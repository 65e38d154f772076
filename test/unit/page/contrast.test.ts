import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** WCAG 2.2 §1.4.3 and §1.4.11, for the colours of both themes. */
const css = readFileSync(new URL('../../../public/style/tokens.css', import.meta.url), 'utf8');

type Colours = ReadonlyMap<string, string>;

const light = coloursIn(css.slice(css.indexOf(':root {'), css.indexOf('@media')));
const bySystem = coloursIn(css.slice(css.indexOf('@media'), css.indexOf(":root[data-theme='dark']")));
const byChoice = coloursIn(css.slice(css.indexOf(":root[data-theme='dark']")));

function coloursIn(block: string): Colours {
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})\b/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

/** Relative luminance, as WCAG defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(colours: Colours, one: string, other: string): number {
  const [dark = 0, bright = 0] = [one, other]
    .map((name) => luminance(colours.get(name) ?? assert.fail(`there is no colour ${name}`)))
    .sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

const TEXTS = [
  ...['ink', 'muted', 'accent', 'live', 'warn'].flatMap((text) =>
    ['paper', 'surface'].map((ground) => [text, ground] as const),
  ),
  ['ink', 'sunk'],
  ['muted', 'sunk'],
  ['warn', 'warn-wash'],
  ['accent-ink', 'accent'],
  ['danger-ink', 'live'],
] as const;

for (const [theme, colours] of [
  ['light', light],
  ['dark', byChoice],
] as const) {
  test(`text can be read in the ${theme} theme`, () => {
    for (const [text, ground] of TEXTS) {
      const ratio = contrast(colours, text, ground);
      assert.ok(ratio >= 4.5, `${text} on ${ground}: ${ratio.toFixed(2)}`);
    }
  });

  test(`fields of forms can be made out in the ${theme} theme`, () => {
    const ratio = contrast(colours, 'field-line', 'surface');
    assert.ok(ratio >= 3, `field-line on surface: ${ratio.toFixed(2)}`);
  });
}

test('the dark theme is the same, chosen here or by the system', () => {
  assert.deepEqual([...bySystem], [...byChoice]);
});
