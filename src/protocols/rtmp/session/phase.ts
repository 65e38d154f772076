/** How far a connection has come. `connecting`: has sent `connect`, and the verdict is not yet spoken. */
export type ConnectionPhase = 'handshake' | 'opened' | 'connecting' | 'connected' | 'closed';

const NEXT: { readonly [From in ConnectionPhase]: readonly ConnectionPhase[] } = {
  handshake: ['opened', 'closed'],
  opened: ['connecting', 'closed'],
  connecting: ['connected', 'closed'],
  connected: ['closed'],
  closed: [],
};

export function checkMove(from: ConnectionPhase, to: ConnectionPhase): void {
  if (!NEXT[from].includes(to)) throw new Error(`RTMP connection cannot go from ${from} to ${to}`);
}
