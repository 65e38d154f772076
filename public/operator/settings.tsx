import type { JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { ask, wish } from '../api/client.ts';
import { FormProblem, useWish } from '../parts/form.tsx';
import { usePoll } from '../parts/use-poll.ts';
import type { Reload, Settings as InForce } from './types.ts';

/** Settings change when somebody changes them. */
const SLOWER = 5;

/** What is in force, and reading the file again. */
export function Settings(): JSX.Element {
  const question = useCallback(() => ask<InForce>('/settings'), []);
  const settings = usePoll(question, SLOWER);
  const wishing = useWish();
  const [report, setReport] = useState<Reload>();
  const reload = async (): Promise<void> => {
    const done = await wishing.run(() => wish<Reload>('POST', '/reload'));
    setReport(done?.value);
    settings.askNow();
  };
  return (
    <section aria-labelledby="settings-title">
      <div class="headline">
        <h1 id="settings-title">Settings in force</h1>
        <div class="headline-end">
          <a class="quiet" href="/api/v1/docs">
            The API
          </a>
          <button type="button" class="button" aria-disabled={wishing.isBusy} onClick={() => void reload()}>
            Read the file again
          </button>
        </div>
      </div>
      <div aria-live="polite">
        <FormProblem problem={wishing.problem} />
        {report && <Report report={report} />}
      </div>
      <div class="settings">
        {Object.entries(settings.value ?? {}).map(([section, values]) => (
          <section key={section} class="panel" aria-label={section}>
            <h2>{section}</h2>
            <dl class="rows">
              {Object.entries(values).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{shown(value)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </section>
  );
}

function shown(value: unknown): string {
  if (value === '' || (Array.isArray(value) && value.length === 0)) return '–';
  if (Array.isArray(value)) return value.map(shown).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface ReportProps {
  readonly report: Reload;
}

function Report({ report: { applied, needsRestart } }: ReportProps): JSX.Element {
  return (
    <div class="strip">
      <p>
        {applied.length === 0
          ? 'Nothing has changed that can be put in force while running.'
          : `In force now: ${applied.join(', ')}.`}
      </p>
      {needsRestart.length > 0 && (
        <p>Changed in the file, but only after a restart: {needsRestart.join(', ')}.</p>
      )}
    </div>
  );
}
