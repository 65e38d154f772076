import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { wish } from '../api/client.ts';
import { sessionIs, type Session } from '../api/session.ts';
import { Dialog } from './dialog.tsx';
import { Field, FormProblem, useWish } from './form.tsx';

interface SignInProps {
  /** The session before is over. */
  readonly isAgain: boolean;
  readonly onClose: () => void;
}

/** The token is sent once and kept nowhere: a cookie that no script can read takes its place. */
export function SignIn({ isAgain, onClose }: SignInProps): JSX.Element {
  const [token, setToken] = useState('');
  const wishing = useWish();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const done = await wishing.run(() =>
      wish<{ operator: boolean; by: Session['by'] }>('POST', '/session', { token: token.trim() }),
    );
    if (!done) return;
    onClose();
    sessionIs(done.value);
  };
  return (
    <Dialog title="Sign in" onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <p class="quiet">
          {isAgain
            ? 'Your session is over. Sign in again; nothing that you have typed is lost.'
            : 'With the token of the API. It stands in the data directory, in the file api-token, unless the setting api.token says it.'}
        </p>
        <Field label="Token" name="token" problem={wishing.problem}>
          {(control) => (
            <input
              {...control}
              class="input"
              type="password"
              autocomplete="current-password"
              spellcheck={false}
              required
              autofocus
              value={token}
              onInput={(event) => setToken(event.currentTarget.value)}
            />
          )}
        </Field>
        <FormProblem problem={wishing.problem} fields={['token']} />
        <div class="form-end">
          <button type="submit" class="button button-strong" aria-disabled={wishing.isBusy}>
            Sign in
          </button>
        </div>
      </form>
    </Dialog>
  );
}
