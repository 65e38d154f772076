import type { JSX } from 'preact';
import type { Server } from '../api/types.ts';
import { CopyField } from '../parts/copy-field.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { placeOf } from '../parts/place.ts';
import { usesOf } from './key-use.ts';
import type { NewKey } from './types.ts';

interface KeySecretProps {
  readonly entry: NewKey;
  readonly server: Server | undefined;
  readonly onClose: () => void;
}

/** The only time that a key's secret is seen. */
export function KeySecret({ entry, server, onClose }: KeySecretProps): JSX.Element {
  const uses = usesOf(entry, placeOf(server));
  const isSecretShown = uses.some(({ value }) => value === entry.secret);
  return (
    <Dialog title={entry.action === 'publish' ? 'New publish key' : 'New play key'} onClose={onClose}>
      <div class="form">
        <p class="strip">This is shown only now: only its hash is kept. Copy it before you close this.</p>
        {entry.action === 'publish' && (
          <p>
            In OBS, under <b>Settings → Stream</b>, choose the service <b>Custom…</b> and enter these two.
            Viewers see the stream as <b>{entry.streams}</b>, never the key.
          </p>
        )}
        <div class="fields">
          {uses.map((use) => (
            <CopyField key={use.label} {...use} />
          ))}
          {!isSecretShown && <CopyField label="Key alone" value={entry.secret} />}
        </div>
        <div class="form-end">
          <button type="button" class="button button-strong" onClick={onClose}>
            I have it
          </button>
        </div>
      </div>
    </Dialog>
  );
}
