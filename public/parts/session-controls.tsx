import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { wish } from '../api/client.ts';
import { sessionIs, type Session } from '../api/session.ts';
import type * as SignInModule from './sign-in.tsx';
import { askWho } from './use-session.ts';

type SignInPart = typeof SignInModule;

interface SessionControlsProps {
  readonly session: Session;
}

/** Signing in and out. When a session is over the dialog opens by itself, over whatever was being typed. */
export function SessionControls({ session }: SessionControlsProps): JSX.Element {
  const { role, by } = session;
  const [isOpen, setOpen] = useState(false);
  const [part, setPart] = useState<SignInPart>();

  useEffect(() => {
    if (role === 'over') setOpen(true);
    if (role === 'operator') setOpen(false);
  }, [role]);
  useEffect(() => {
    if (isOpen && !part) void import('./sign-in.tsx').then(setPart, () => setOpen(false));
  }, [isOpen, part]);

  const signOut = async (): Promise<void> => {
    if (!(await wish('DELETE', '/session')).ok) return;
    sessionIs({ operator: false, by: null });
    await askWho(); // this machine may be the operator without a session
  };
  return (
    <>
      {(role === 'guest' || role === 'over') && (
        <button type="button" class="button button-small" onClick={() => setOpen(true)}>
          Sign in
        </button>
      )}
      {role === 'operator' && by === 'session' && (
        <button type="button" class="button button-small" onClick={() => void signOut()}>
          Sign out
        </button>
      )}
      {role === 'operator' && by === 'loopback' && (
        <span class="who" title="This machine needs no token: api.trustLoopback">
          Operator
        </span>
      )}
      {isOpen && part && <part.SignIn isAgain={role === 'over'} onClose={() => setOpen(false)} />}
    </>
  );
}
