/**
 * node --import tsx blocked-players.ts PORT PATH COUNT: players of low-latency HLS, each with a connection of its own. On its
 * standard input `ask QUERY` sends one request each, `drop` hangs all up at once; it tells as JSON lines.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const [port = '', path = '', count = ''] = process.argv.slice(2);
/** Connections opened at a time, so that the server's queue of new ones does not run over. */
const AT_A_TIME = 250;

const tell = (event: string, facts: Readonly<Record<string, unknown>> = {}): void =>
  void process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);

interface Player {
  readonly socket: Socket;
  /** Bytes of the answer that are still to come; undefined: its header is. */
  left: number | undefined;
}

const players: Player[] = [];
let round = 0;
let answers = 0;
let good = 0;
let first = 0;

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    const player: Player = { socket, left: undefined };
    players.push(player);
    socket.setNoDelay(true);
    socket.once('connect', resolve);
    socket.once('error', reject);
    socket.on('data', (bytes) => take(player, bytes));
  });
}

/** An answer begins with its header, which comes in one piece. */
function take(player: Player, bytes: Buffer): void {
  if (player.left === undefined) {
    if (answers === 0 && first === 0) first = performance.now();
    const text = bytes.toString('latin1');
    if (text.startsWith('HTTP/1.1 200')) good++;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    player.left = length - (bytes.length - (text.indexOf('\r\n\r\n') + 4));
  } else {
    player.left -= bytes.length;
  }
  if (player.left > 0) return;
  player.left = undefined;
  if (++answers === players.length)
    tell(`answered ${round}`, { good, milliseconds: performance.now() - first });
}

function ask(query: string): void {
  round++;
  [answers, good, first] = [0, 0, 0];
  for (const { socket } of players) socket.write(`GET ${path}?${query} HTTP/1.1\r\nHost: bench\r\n\r\n`);
}

while (players.length < Number(count)) {
  const missing = Math.min(AT_A_TIME, Number(count) - players.length);
  await Promise.all(Array.from({ length: missing }, open));
}
tell('ready');
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line.startsWith('ask ')) return ask(line.slice(4));
  for (const { socket } of players) socket.destroy();
  players.length = 0;
  tell('dropped');
});
