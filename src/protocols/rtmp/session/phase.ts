/** How far a connection has come. */
export type ConnectionPhase = 'handshake' | 'opened' | 'connected' | 'closed';

const NEXT: { readonly [From in ConnectionPhase]: readonly ConnectionPhase[] } = {
  handshake: ['opened', 'closed'],
  opened: ['connected', 'closed'],
  connected: ['closed'],
  closed: [],
};

export function checkMove(from: ConnectionPhase, to: ConnectionPhase): void {
  if (!NEXT[from].includes(to)) throw new Error(`RTMP connection cannot go from ${from} to ${to}`);
}
