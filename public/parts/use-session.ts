import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api/client.ts';
import { currentSession, onSession, sessionIs, sessionIsOver, type Session } from '../api/session.ts';

/** Who looks at this page; asked once, when it is first wanted. */
export function useSession(): Session {
  const [session, setSession] = useState(currentSession);
  useEffect(() => {
    const stop = onSession(() => setSession(currentSession()));
    if (currentSession().role === 'unknown') void askWho();
    return stop;
  }, []);
  return session;
}

export async function askWho(): Promise<void> {
  const answer = await ask<Parameters<typeof sessionIs>[0]>('/session');
  if (answer.kind !== 'ok') return;
  // Who was the operator and is not any more wants to be asked again, not to lose what is on the screen.
  if (currentSession().role === 'operator' && !answer.value.operator) sessionIsOver();
  else sessionIs(answer.value);
}
