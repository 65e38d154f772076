import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Outcome } from '../api/client.ts';
import { Dialog } from '../parts/dialog.tsx';
import { FormProblem, useWish } from '../parts/form.tsx';

interface ConfirmProps {
  readonly title: string;
  /** The button that does it: a verb. */
  readonly yes: string;
  readonly doing: () => Promise<Outcome<unknown>>;
  /** It is done. */
  readonly onDone: () => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, yes, doing, onDone, onClose, children }: ConfirmProps): JSX.Element {
  const wishing = useWish();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(await wishing.run(doing))) return;
    onClose();
    onDone();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        {children}
        <FormProblem problem={wishing.problem} />
        <div class="form-end">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-danger" aria-disabled={wishing.isBusy}>
            {yes}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface KickProps {
  readonly who: string;
  /** Does it, given the reason. */
  readonly doing: (reason: string) => Promise<Outcome<unknown>>;
  readonly onDone: () => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Sending somebody away, with a word for them. */
export function Kick({ who, doing, children, onDone, onClose }: KickProps): JSX.Element {
  const [reason, setReason] = useState('');
  return (
    <Confirm
      title={`Send ${who} away`}
      yes="Send away"
      doing={() => doing(reason.trim())}
      onDone={onDone}
      onClose={onClose}
    >
      {children}
      <div class="field">
        <label for="kick-reason">Reason</label>
        <input
          id="kick-reason"
          class="input"
          maxLength={200}
          placeholder="sent away by the operator"
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
        <p class="hint">Told to them where their protocol can, and written to the log.</p>
      </div>
    </Confirm>
  );
}
