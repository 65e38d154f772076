import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { CheckIcon, CopyIcon } from './icons.tsx';

/** How long a button says that it has copied, in ms. */
const SAID_MS = 1800;

interface CopyFieldProps {
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
}

/** A value to take along: read it, select it, or press the button. */
export function CopyField({ label, value, hint }: CopyFieldProps): JSX.Element {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState<'copied' | 'by hand' | undefined>();

  useEffect(() => {
    if (said === undefined) return undefined;
    const timer = setTimeout(() => setSaid(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);

  const copy = async (): Promise<void> => {
    if (field.current) setSaid((await copied(field.current)) ? 'copied' : 'by hand');
  };

  return (
    <div class="copy-field">
      <label class="copy-label" for={id}>
        {label}
        {hint !== undefined && <span class="copy-hint">{hint}</span>}
      </label>
      <div class="copy-row">
        <input
          ref={field}
          id={id}
          class="copy-value"
          value={value}
          readOnly
          spellcheck={false}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button
          type="button"
          class={said === 'copied' ? 'copy-button copy-done' : 'copy-button'}
          onClick={() => void copy()}
          aria-label={`Copy ${label}`}
        >
          {said === 'copied' ? <CheckIcon /> : <CopyIcon />}
          <span aria-live="polite">
            {said === 'copied' ? 'Copied' : said === 'by hand' ? 'Selected' : 'Copy'}
          </span>
        </button>
      </div>
    </div>
  );
}

/** The clipboard is only given to secure pages; a page from the LAN over plain HTTP copies the old way. */
async function copied(field: HTMLInputElement): Promise<boolean> {
  try {
    if (window.isSecureContext) {
      await navigator.clipboard.writeText(field.value);
      return true;
    }
  } catch {
    // Refused: the old way may still be open.
  }
  field.focus();
  field.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way on plain HTTP
  return document.execCommand('copy');
}
