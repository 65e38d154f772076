import { CONNECTION_LOST } from '../engine.ts';

/** What comes of a live connection. Nothing is told once it is closed. */
export interface SourceHearer {
  /** Nobody writes into it any more. */
  bytes(piece: Uint8Array): void;
  ended(): void;
  failed(sentence: string): void;
}

/** Opens an address: by WebSocket, or by an HTTP response that does not end. @returns what closes it */
export function openSource(url: string, hearer: SourceHearer): () => void {
  return /^wss?:/.test(url) ? openSocket(url, hearer) : openResponse(url, hearer);
}

function openSocket(url: string, hearer: SourceHearer): () => void {
  const socket = new WebSocket(url);
  const over = new AbortController();
  const { signal } = over;
  let isWhole = false;
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => (isWhole = true), { signal });
  socket.addEventListener('error', () => (isWhole = false), { signal });
  socket.addEventListener(
    'message',
    ({ data }: MessageEvent<unknown>) =>
      data instanceof ArrayBuffer ? hearer.bytes(new Uint8Array(data)) : undefined,
    { signal },
  );
  socket.addEventListener('close', () => (isWhole ? hearer.ended() : hearer.failed(CONNECTION_LOST)), {
    signal,
  });
  return () => {
    over.abort();
    socket.close();
  };
}

function openResponse(url: string, hearer: SourceHearer): () => void {
  const over = new AbortController();
  const untilOver =
    <T extends readonly unknown[]>(tell: (...what: T) => void) =>
    (...what: T): void =>
      over.signal.aborted ? undefined : tell(...what);
  const open: SourceHearer = {
    bytes: untilOver((piece) => hearer.bytes(piece)),
    ended: untilOver(() => hearer.ended()),
    failed: untilOver((sentence) => hearer.failed(sentence)),
  };
  void read(url, open, over.signal).catch(() => open.failed(CONNECTION_LOST));
  return () => over.abort();
}

async function read(url: string, hearer: SourceHearer, signal: AbortSignal): Promise<void> {
  const { ok, status, body } = await fetch(url, { signal });
  if (!ok || !body) {
    hearer.failed(`The server answered ${status}.`);
    return;
  }
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) hearer.bytes(next.value);
  hearer.ended();
}
