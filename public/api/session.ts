/** `guest` may look; `over`: was the operator, and has to sign in again. */
export type Role = 'unknown' | 'guest' | 'operator' | 'over';

export interface Session {
  readonly role: Role;
  /** How the operator is known: this machine itself needs no token. */
  readonly by: 'token' | 'session' | 'loopback' | null;
}

let session: Session = { role: 'unknown', by: null };
const listeners = new Set<() => void>();

export const currentSession = (): Session => session;

/** The returned function stops listening. */
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** @param said what the API says of the caller */
export function sessionIs(said: { readonly operator: boolean; readonly by: Session['by'] }): void {
  change({ role: said.operator ? 'operator' : 'guest', by: said.by });
}

/** The API has answered that it does not know the caller (any more). */
export function sessionIsOver(): void {
  if (session.role === 'operator') change({ role: 'over', by: null });
}

function change(to: Session): void {
  if (to.role === session.role && to.by === session.by) return;
  session = to;
  for (const listener of listeners) listener();
}
