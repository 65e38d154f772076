import type { JSX } from 'preact';
import { Dialog } from './dialog.tsx';
import { KEYS } from './keys.ts';

interface HelpProps {
  readonly onClose: () => void;
}

export function Help({ onClose }: HelpProps): JSX.Element {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
