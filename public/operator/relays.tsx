import type { JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { ask, wish } from '../api/client.ts';
import { Field, FormProblem, useWish } from '../parts/form.tsx';
import { usePoll } from '../parts/use-poll.ts';
import { Confirm } from './confirm.tsx';
import { ago, size } from './text.ts';
import type { Relay } from './types.ts';

/** Times as seldom while nobody looks. */
const HIDDEN_SLOWER = 15;

interface RelaysProps {
  readonly isShown: boolean;
}

/** Streams that are sent to other servers or fetched from them. */
export function Relays({ isShown }: RelaysProps): JSX.Element {
  const question = useCallback(() => ask<{ relays: Relay[] }>('/relays'), []);
  const relays = usePoll(question, isShown ? 1 : HIDDEN_SLOWER);
  const [removing, setRemoving] = useState<Relay>();
  const list = relays.value?.relays;
  return (
    <section aria-labelledby="relays-title">
      <div class="headline">
        <h1 id="relays-title">Relays</h1>
        <p>To other servers, and from them</p>
      </div>
      <div class="two-columns">
        <div class="panel">
          {list === undefined && <p class="quiet">Asking …</p>}
          {list?.length === 0 && <p class="quiet">There are none yet.</p>}
          <ul class="entries">
            {list?.map((relay) => (
              <li key={relay.id}>
                <RelayEntry relay={relay} onRemove={() => setRemoving(relay)} />
              </li>
            ))}
          </ul>
        </div>
        <RelayForm onAdded={relays.askNow} />
      </div>
      {removing && (
        <Confirm
          title="Remove this relay"
          yes="Remove"
          doing={() => wish('DELETE', `/relays/${encodeURIComponent(removing.id)}`)}
          onDone={relays.askNow}
          onClose={() => setRemoving(undefined)}
        >
          <p>
            {removing.direction === 'push' ? 'Sending' : 'Fetching'} <b>{removing.stream}</b>{' '}
            {removing.direction === 'push' ? 'to' : 'from'} <code>{removing.url}</code> ends at once, with a
            clean goodbye to the other server.
          </p>
        </Confirm>
      )}
    </section>
  );
}

const LOOKS: Readonly<Record<Relay['state'], { look: string; word: string }>> = {
  running: { look: 'well', word: 'Running' },
  connecting: { look: 'advice', word: 'Connecting' },
  waiting: { look: 'warning', word: 'Waiting to try again' },
  idle: { look: 'unknown', word: 'Idle' },
  stopped: { look: 'error', word: 'Stopped' },
};

interface RelayEntryProps {
  readonly relay: Relay;
  readonly onRemove: () => void;
}

function RelayEntry({ relay, onRemove }: RelayEntryProps): JSX.Element {
  const { look, word } = LOOKS[relay.state];
  const facts = [
    relay.runningSince !== null && `since ${ago(relay.runningSince)}`,
    relay.bytes > 0 && size(relay.bytes),
    relay.attempts > 1 && `${relay.attempts} attempts`,
    relay.origin === 'settings' && 'from the settings',
  ].filter(Boolean);
  return (
    <div class="entry">
      <div class="entry-main">
        <p class="entry-name">
          {relay.stream} <span class="quiet">{relay.direction === 'push' ? 'to' : 'from'}</span>{' '}
          <span class="entry-url">{relay.url}</span>
        </p>
        <p class="entry-facts">
          <span class="mark" data-look={look}>
            {word}
          </span>
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
        {relay.problem !== null && <p class="field-problem">{relay.problem}</p>}
      </div>
      {relay.origin === 'api' && (
        <div class="entry-actions">
          <button
            type="button"
            class="button button-small"
            onClick={onRemove}
            aria-label={`Remove the relay of ${relay.stream}`}
          >
            Remove
          </button>
        </div>
      )}
    </div>
  );
}

const EMPTY = { direction: 'push', stream: '', url: '', when: 'watched' } as const;
type Draft = { readonly [Name in keyof typeof EMPTY]: string };

interface RelayFormProps {
  readonly onAdded: () => void;
}

function RelayForm({ onAdded }: RelayFormProps): JSX.Element {
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const wishing = useWish();
  const { problem } = wishing;
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change });
  const isPull = draft.direction === 'pull';
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { direction, stream, url, when } = draft;
    const body = { direction, stream: stream.trim(), url: url.trim(), ...(isPull && { when }) };
    if (!(await wishing.run(() => wish('POST', '/relays', body)))) return;
    setDraft({ ...EMPTY, direction });
    onAdded();
  };
  return (
    <form class="panel form" onSubmit={(event) => void submit(event)} aria-labelledby="new-relay">
      <h2 id="new-relay">New relay</h2>
      <Field label="Direction" name="direction" problem={problem}>
        {(control) => (
          <select
            {...control}
            class="input"
            value={draft.direction}
            onChange={(event) => set({ direction: event.currentTarget.value })}
          >
            <option value="push">Send to another server</option>
            <option value="pull">Fetch from another server</option>
          </select>
        )}
      </Field>
      <Field
        label="Stream here"
        name="stream"
        problem={problem}
        hint={isPull ? 'Its name here, such as live/cam.' : 'One, such as live/cam, or several: live/*.'}
      >
        {(control) => (
          <input
            {...control}
            class="input"
            required
            placeholder="live/cam"
            autocapitalize="off"
            spellcheck={false}
            value={draft.stream}
            onInput={(event) => set({ stream: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field
        label="Address there"
        name="url"
        problem={problem}
        hint="With its key, as the other server gave it. It is shown masked from then on."
      >
        {(control) => (
          <input
            {...control}
            class="input"
            required
            placeholder="rtmp://example.org/live/key"
            inputMode="url"
            autocapitalize="off"
            spellcheck={false}
            autocomplete="off"
            value={draft.url}
            onInput={(event) => set({ url: event.currentTarget.value })}
          />
        )}
      </Field>
      {isPull && (
        <Field label="When" name="when" problem={problem}>
          {(control) => (
            <select
              {...control}
              class="input"
              value={draft.when}
              onChange={(event) => set({ when: event.currentTarget.value })}
            >
              <option value="watched">While somebody watches</option>
              <option value="always">Always</option>
            </select>
          )}
        </Field>
      )}
      <FormProblem problem={problem} fields={['direction', 'stream', 'url', 'when']} />
      <div class="form-end">
        <button type="submit" class="button button-strong" aria-disabled={wishing.isBusy}>
          Add relay
        </button>
      </div>
    </form>
  );
}
