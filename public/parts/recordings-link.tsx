import type { JSX } from 'preact';
import type { Role } from '../api/session.ts';
import type { Server } from '../api/types.ts';

interface RecordingsLinkProps {
  readonly role: Role;
  readonly server: Server | undefined;
}

/** The way to the recordings for viewers, if they may watch them; the operator has it among others. */
export function RecordingsLink({ role, server }: RecordingsLinkProps): JSX.Element | null {
  if (role !== 'guest' || server?.recordings !== 'viewers') return null;
  return (
    <a class="header-link" href="/recordings">
      Recordings
    </a>
  );
}
