import type { JSX } from 'preact';
import { useHealth } from './stream-bar.tsx';
import { ago } from './text.ts';
import type { Verdict } from './types.ts';

interface VerdictsProps {
  readonly verdicts: readonly Verdict[];
}

const NAMES: Readonly<Record<Verdict['severity'], string>> = {
  error: 'Error',
  warning: 'Warning',
  advice: 'Advice',
};

/** What is wrong with a stream, and what to do. */
export function Verdicts({ verdicts }: VerdictsProps): JSX.Element {
  return (
    <ul class="verdicts">
      {verdicts.map((one) => (
        <li key={one.code} class="verdict" data-look={one.severity}>
          <p class="verdict-text">
            <b class="mark" data-look={one.severity}>
              {NAMES[one.severity]}
            </b>{' '}
            {one.text}
          </p>
          <p>{one.remedy}</p>
          <p class="hint">Noticed {ago(one.since)}</p>
        </li>
      ))}
    </ul>
  );
}

interface WatchVerdictsProps {
  readonly app: string;
  readonly stream: string;
}

/** On the watch page: nothing as long as nothing is wrong. */
export function WatchVerdicts({ app, stream }: WatchVerdictsProps): JSX.Element | null {
  const verdicts = useHealth(app, stream);
  if (!verdicts || verdicts.length === 0) return null;
  return (
    <section class="watch-verdicts" aria-label="Health of the stream">
      <Verdicts verdicts={verdicts} />
    </section>
  );
}
