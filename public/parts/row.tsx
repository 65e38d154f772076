import type { JSX } from 'preact';

interface RowProps {
  readonly name: string;
  readonly value: string;
}

/** One fact in a `<dl>`. */
export function Row({ name, value }: RowProps): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
