import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { wish } from '../api/client.ts';
import { Field, FormProblem, useWish } from '../parts/form.tsx';
import type { NewKey } from './types.ts';

const EMPTY = { action: 'publish', streams: '', label: '', networks: '', maxViewers: '', expiresAt: '' };
type Draft = typeof EMPTY;
const FIELDS = Object.keys(EMPTY);

interface KeyFormProps {
  readonly onMade: (key: NewKey) => void;
}

/** Everything a key can be bound to. */
export function KeyForm({ onMade }: KeyFormProps): JSX.Element {
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const wishing = useWish();
  const { problem } = wishing;
  const isPlay = draft.action === 'play';
  const bind = (name: keyof Draft) => ({
    value: draft[name],
    onInput: (event: { readonly currentTarget: { readonly value: string } }) =>
      setDraft({ ...draft, [name]: event.currentTarget.value }),
  });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const done = await wishing.run(() => wish<NewKey>('POST', '/keys', bodyOf(draft)));
    if (!done) return;
    setDraft({ ...EMPTY, action: draft.action });
    onMade(done.value);
  };
  return (
    <form class="panel form" onSubmit={(event) => void submit(event)} aria-labelledby="new-key">
      <h2 id="new-key">New key</h2>
      <Field label="For" name="action" problem={problem}>
        {(control) => (
          <select {...control} class="input" {...bind('action')}>
            <option value="publish">Publishing</option>
            <option value="play">Watching</option>
          </select>
        )}
      </Field>
      <Field
        label="Stream"
        name="streams"
        problem={problem}
        hint={
          isPlay
            ? 'One, such as live/cam, or several: live/*.'
            : 'What viewers will see, such as live/cam. With live/* the encoder chooses the name.'
        }
      >
        {(control) => (
          <input
            {...control}
            class="input"
            required
            placeholder="live/cam"
            autocapitalize="off"
            spellcheck={false}
            {...bind('streams')}
          />
        )}
      </Field>
      <Field label="Label" name="label" problem={problem} hint="For you: whose it is, what for.">
        {(control) => <input {...control} class="input" maxLength={200} {...bind('label')} />}
      </Field>
      <Field label="Expires" name="expiresAt" problem={problem} hint="In your own time. Empty: never.">
        {(control) => <input {...control} class="input" type="datetime-local" {...bind('expiresAt')} />}
      </Field>
      <Field
        label="Only from networks"
        name="networks"
        problem={problem}
        hint="Such as 192.0.2.0/24, separated by commas. Empty: from everywhere."
      >
        {(control) => (
          <input {...control} class="input" autocapitalize="off" spellcheck={false} {...bind('networks')} />
        )}
      </Field>
      {isPlay && (
        <Field label="Viewers at a time" name="maxViewers" problem={problem} hint="Empty: any number.">
          {(control) => <input {...control} class="input" type="number" min={1} {...bind('maxViewers')} />}
        </Field>
      )}
      <FormProblem problem={problem} fields={FIELDS} />
      <div class="form-end">
        <button type="submit" class="button button-strong" aria-disabled={wishing.isBusy}>
          Create key
        </button>
      </div>
    </form>
  );
}

function bodyOf(draft: Draft): object {
  const { action, label, expiresAt, maxViewers } = draft;
  const networks = draft.networks.split(/[\s,]+/).filter((one) => one !== '');
  return {
    action,
    streams: draft.streams.trim(),
    ...(label.trim() !== '' && { label: label.trim() }),
    ...(networks.length > 0 && { networks }),
    ...(action === 'play' && maxViewers !== '' && { maxViewers: Number(maxViewers) }),
    ...(expiresAt !== '' && { expiresAt: new Date(expiresAt).toISOString() }),
  };
}
