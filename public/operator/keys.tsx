import type { JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { ask, wish } from '../api/client.ts';
import type { Server } from '../api/types.ts';
import { usePoll } from '../parts/use-poll.ts';
import { Confirm } from './confirm.tsx';
import { KeyForm } from './key-form.tsx';
import { KeySecret } from './key-secret.tsx';
import { ago, count, moment } from './text.ts';
import type { Key, NewKey } from './types.ts';

/** Times as seldom as what changes every second; and while nobody looks. */
const SLOWER = { shown: 2, hidden: 15 };
/** More than anybody reads; the API has them all. */
const SHOWN = 500;

interface KeysProps {
  readonly server: Server | undefined;
  readonly isShown: boolean;
}

/** Stream keys: made, replaced, revoked. */
export function Keys({ server, isShown }: KeysProps): JSX.Element {
  const question = useCallback(() => ask<{ keys: Key[]; total: number }>(`/keys?limit=${SHOWN}`), []);
  const keys = usePoll(question, isShown ? SLOWER.shown : SLOWER.hidden);
  const [made, setMade] = useState<NewKey>();
  const [asking, setAsking] = useState<{ readonly key: Key; readonly what: 'rotate' | 'revoke' }>();
  const list = keys.value?.keys;
  const isRotating = asking?.what === 'rotate';
  const show = (key: NewKey): void => {
    setMade(key);
    keys.askNow();
  };
  return (
    <section aria-labelledby="keys-title">
      <div class="headline">
        <h1 id="keys-title">Stream keys</h1>
        <p>{list && count(list.filter(isGood).length, 'key')} in force</p>
      </div>
      <div class="two-columns">
        <div class="panel">
          {list === undefined && <p class="quiet">Asking …</p>}
          {list?.length === 0 && <p class="quiet">There are none yet.</p>}
          <ul class="entries">
            {[...(list ?? [])].sort(byUse).map((key) => (
              <li key={key.id}>
                <KeyEntry
                  entry={key}
                  onRotate={() => setAsking({ key, what: 'rotate' })}
                  onRevoke={() => setAsking({ key, what: 'revoke' })}
                />
              </li>
            ))}
          </ul>
        </div>
        <KeyForm onMade={show} />
      </div>
      {made && <KeySecret entry={made} server={server} onClose={() => setMade(undefined)} />}
      {asking && (
        <Confirm
          title={isRotating ? 'Give this key a new secret' : 'Revoke this key'}
          yes={isRotating ? 'New secret' : 'Revoke'}
          doing={async () => {
            const path = `/keys/${encodeURIComponent(asking.key.id)}`;
            if (!isRotating) return wish('DELETE', path);
            const done = await wish<NewKey>('POST', `${path}/rotate`);
            if (done.ok) setMade(done.value);
            return done;
          }}
          onDone={keys.askNow}
          onClose={() => setAsking(undefined)}
        >
          <p>
            <b>{nameOf(asking.key)}</b>:{' '}
            {isRotating
              ? 'the old secret stops working at once, and every encoder or player has to be given the new one.'
              : 'it stops working at once, and whoever uses it now is sent away. This cannot be undone.'}
          </p>
        </Confirm>
      )}
    </section>
  );
}

const isGood = ({ revokedAt, expiresAt }: Key): boolean =>
  revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > Date.now());

const nameOf = ({ label, streams }: Key): string => (label === '' ? streams : label);

/** Those in force first, the newest of them at the top. */
const byUse = (a: Key, b: Key): number =>
  Number(isGood(b)) - Number(isGood(a)) || Date.parse(b.createdAt) - Date.parse(a.createdAt);

interface KeyEntryProps {
  readonly entry: Key;
  readonly onRotate: () => void;
  readonly onRevoke: () => void;
}

function KeyEntry({ entry, onRotate, onRevoke }: KeyEntryProps): JSX.Element {
  const good = isGood(entry);
  const facts = [
    entry.label !== '' && entry.streams,
    entry.networks.length > 0 && `from ${entry.networks.join(', ')}`,
    entry.maxViewers !== undefined && `at most ${count(entry.maxViewers, 'viewer')}`,
    entry.lastUsedAt === undefined ? 'never used' : `used ${ago(entry.lastUsedAt)}`,
    entry.expiresAt !== undefined && good && `until ${moment(entry.expiresAt)}`,
  ].filter(Boolean);
  return (
    <div class={good ? 'entry' : 'entry entry-past'}>
      <div class="entry-main">
        <p class="entry-name">{nameOf(entry)}</p>
        <p class="entry-facts">
          <span class="mark" data-look={good ? 'well' : 'unknown'}>
            {stateOf(entry)}
          </span>
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </div>
      {entry.revokedAt === undefined && (
        <div class="entry-actions">
          <button
            type="button"
            class="button button-small"
            onClick={onRotate}
            aria-label={`New secret for ${nameOf(entry)}`}
          >
            New secret
          </button>
          <button
            type="button"
            class="button button-small"
            onClick={onRevoke}
            aria-label={`Revoke ${nameOf(entry)}`}
          >
            Revoke
          </button>
        </div>
      )}
    </div>
  );
}

function stateOf({ action, revokedAt, expiresAt }: Key): string {
  if (revokedAt !== undefined) return `Revoked ${moment(revokedAt)}`;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now()) return `Expired ${moment(expiresAt)}`;
  return action === 'publish' ? 'Publish' : 'Play';
}
