import type { Socket } from 'node:net';
import { readProxyHeader, type ProxyHeader } from '../../protocols/proxy/proxy-header.ts';

/** A proxy sends its header with the first bytes; this is for a slow network between. */
const GREETING_MS = 5_000;

const EMPTY = Buffer.alloc(0);

/**
 * Reads the PROXY header from a connection that has just come. What comes behind it is put back. `answer` gets the header,
 * or why there is none; it is not called when the connection ends before, which whoever listens to its `close` hears of.
 */
export function awaitProxyHeader(socket: Socket, answer: (header: ProxyHeader | string) => void): void {
  let bytes: Buffer = EMPTY;
  const done = (result: ProxyHeader | string): void => {
    clearTimeout(timer);
    socket.off('data', read);
    socket.off('close', giveUp);
    socket.pause();
    if (typeof result !== 'string' && bytes.length > result.length)
      socket.unshift(bytes.subarray(result.length));
    answer(result);
  };
  const read = (more: Buffer): void => {
    bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more]);
    const reading = readProxyHeader(bytes);
    if (reading === 'more') return;
    done('refused' in reading ? reading.refused : reading);
  };
  const giveUp = (): void => clearTimeout(timer);
  const timer = setTimeout(() => done('its PROXY header did not come'), GREETING_MS);
  socket.on('data', read);
  socket.once('close', giveUp);
}
