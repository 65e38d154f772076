import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { ask, streamPath } from '../api/client.ts';
import type { Stream } from '../api/types.ts';
import { usePoll } from '../parts/use-poll.ts';
import { streamPlace } from './place.ts';
import { count } from './text.ts';
import type { Verdict } from './types.ts';

/** Health changes over seconds, and there is one question per stream. */
const SLOWER = 3;

export function useHealth(app: string, stream: string, slower = 1): readonly Verdict[] | undefined {
  const question = useCallback(
    () => ask<{ verdicts: Verdict[] }>(`${streamPath(app, stream)}/health`),
    [app, stream],
  );
  return usePoll(question, slower).value?.verdicts;
}

interface StreamBarProps {
  readonly stream: Stream;
}

/** Below a stream's card: how it is, and the way to its own view. */
export function StreamBar({ stream: { app, stream } }: StreamBarProps): JSX.Element {
  const verdicts = useHealth(app, stream, SLOWER);
  return (
    <div class="card-bar">
      <HealthMark verdicts={verdicts} />
      <a
        class="button button-small"
        href={streamPlace(app, stream)}
        aria-label={`Details of ${app}/${stream}`}
      >
        Details
      </a>
    </div>
  );
}

interface HealthMarkProps {
  readonly verdicts: readonly Verdict[] | undefined;
}

const WORST = ['error', 'warning', 'advice'] as const;
const WORDS = { error: 'error', warning: 'warning', advice: 'piece of advice' } as const;
const MANY = { error: 'errors', warning: 'warnings', advice: 'pieces of advice' } as const;

/** The worst in one or two words. */
function HealthMark({ verdicts }: HealthMarkProps): JSX.Element {
  if (!verdicts) return <span class="mark" data-look="unknown" />;
  const worst = WORST.find((severity) => verdicts.some((one) => one.severity === severity));
  if (!worst)
    return (
      <span class="mark" data-look="well">
        All well
      </span>
    );
  const number = verdicts.filter(({ severity }) => severity === worst).length;
  return (
    <span class="mark" data-look={worst} title={verdicts.map(({ text }) => text).join('\n')}>
      {count(number, WORDS[worst], MANY[worst])}
    </span>
  );
}
