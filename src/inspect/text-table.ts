/** What fits a terminal that nobody has widened. */
export const COLUMNS = 100;
const GAP = '  ';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Aligned columns under their titles. Columns that are empty in every row are left out; too long lines end in `…`. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  indent = GAP,
): string[] {
  const used = columns.map((_column, index) => rows.some((row) => (row[index] ?? '') !== ''));
  const widths = columns.map(({ title }, index) =>
    rows.reduce((most, row) => Math.max(most, (row[index] ?? '').length), title.length),
  );
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(({ align }, index) => {
      const cell = cells[index] ?? '';
      return align === 'right' ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!);
    });
    return cut((indent + padded.filter((_cell, index) => used[index]).join(GAP)).trimEnd(), COLUMNS);
  };
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}

export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** The end of a path says more than its beginning. */
export function cutFront(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}

/** Breaks at spaces. The first line begins with `first`, the others with as many spaces. */
export function wrap(first: string, text: string): string[] {
  const room = COLUMNS - first.length;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= room) line = longer;
    else {
      if (line !== '') lines.push(line);
      line = cut(word, room);
    }
  }
  return [...lines, line].map((one, index) => (index === 0 ? first : ' '.repeat(first.length)) + one);
}

/** With so many decimals, and no −0. */
export function fixed(value: number, digits = 3): string {
  return (Math.round(value * 10 ** digits) / 10 ** digits || 0).toFixed(digits);
}
