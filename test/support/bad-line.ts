import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const TENTH_MS = 100;

/** A connection to the gateway that carries a publisher's bytes in its own way. */
export class BadLine {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /**
   * @param target the gateway's port
   * @param room bytes that it carries in a tenth of a second, given its number; what it cannot carry waits
   */
  constructor(target: number, room: (tenth: number) => number) {
    this.#server = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      const waiting: Buffer[] = [];
      let tenth = 0;
      near.on('data', (bytes: Buffer) => waiting.push(bytes));
      far.pipe(near);
      const timer = setInterval(() => carry(waiting, far, room(tenth++)), TENTH_MS);
      near.once('close', () => clearInterval(timer));
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => [near, far].forEach((one) => one.destroy()));
      }
    });
  }

  /** Resolves with its port. */
  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

function carry(waiting: Buffer[], far: Socket, room: number): void {
  for (let left = room; left > 0 && waiting.length > 0;) {
    const first = waiting.shift()!;
    if (first.length > left) waiting.unshift(first.subarray(left));
    far.write(first.subarray(0, left));
    left -= Math.min(left, first.length);
  }
}
