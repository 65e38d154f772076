/** How far a client has come. */
export type ClientPhase =
  'handshake' | 'connecting' | 'creating' | 'asking' | 'publishing' | 'playing' | 'ended';

const NEXT: { readonly [From in ClientPhase]: readonly ClientPhase[] } = {
  handshake: ['connecting', 'ended'],
  connecting: ['creating', 'ended'],
  creating: ['asking', 'ended'],
  asking: ['publishing', 'playing', 'ended'],
  publishing: ['ended'],
  playing: ['ended'],
  ended: [],
};

export function checkClientMove(from: ClientPhase, to: ClientPhase): void {
  if (!NEXT[from].includes(to)) throw new Error(`RTMP client cannot go from ${from} to ${to}`);
}
