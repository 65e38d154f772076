import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { Outcome } from '../api/client.ts';

/** Why a wish was refused, in the API's words. */
export interface Problem {
  readonly error: string;
  readonly field?: string | undefined;
}

export interface Wishing {
  readonly isBusy: boolean;
  readonly problem: Problem | undefined;
  /** Does it unless something is under way; gives what came of it, undefined if it was refused. */
  run<T>(doing: () => Promise<Outcome<T>>): Promise<{ readonly value: T } | undefined>;
  clear(): void;
}

export function useWish(): Wishing {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  return {
    isBusy,
    problem,
    clear: () => setProblem(undefined),
    run: async (doing) => {
      if (isBusy) return undefined;
      setBusy(true);
      const outcome = await doing();
      setBusy(false);
      setProblem(outcome.ok ? undefined : outcome);
      return outcome.ok ? { value: outcome.value } : undefined;
    },
  };
}

interface ControlProps {
  readonly id: string;
  readonly name: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
}

interface FieldProps {
  readonly label: string;
  /** As the API calls it. */
  readonly name: string;
  readonly hint?: ComponentChildren;
  readonly problem?: Problem | undefined;
  readonly children: (control: ControlProps) => JSX.Element;
}

/** A label, its control, and below it what is wrong with what was entered, or else how to fill it in. */
export function Field({ label, name, hint, problem, children }: FieldProps): JSX.Element {
  const id = useId();
  const mine = isAbout(problem, name) ? problem : undefined;
  const note = mine?.error ?? hint;
  const described = note === undefined ? undefined : `${id}-note`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, name, 'aria-describedby': described, 'aria-invalid': mine !== undefined })}
      {note !== undefined && (
        <p id={described} class={mine ? 'field-problem' : 'hint'} role={mine ? 'alert' : undefined}>
          {note}
        </p>
      )}
    </div>
  );
}

/** A list's field is named with its place: `networks.0`. */
const isAbout = (problem: Problem | undefined, name: string): boolean =>
  problem?.field === name || problem?.field?.startsWith(`${name}.`) === true;

interface FormProblemProps {
  readonly problem: Problem | undefined;
  /** Fields that show their own. */
  readonly fields?: readonly string[];
}

/** What is wrong, where no field of the form is. */
export function FormProblem({ problem, fields = [] }: FormProblemProps): JSX.Element | null {
  if (!problem || fields.some((name) => isAbout(problem, name))) return null;
  return (
    <p class="field-problem" role="alert">
      {problem.error}
    </p>
  );
}
