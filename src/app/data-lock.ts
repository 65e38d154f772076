import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Log } from '../observe/log.ts';
import { DataDirError } from './data-dir.ts';

/**
 * In the data directory: a socket on which nothing is ever said. The system ends it with its process, however that ends, so that
 * nothing has to be cleared away after a kill -9 or a power cut; and it counts between containers, where process numbers do not.
 */
const NAME = 'in-use.sock';
/** Of a socket's path: 108 bytes on Linux, 104 elsewhere, and the zero at its end. */
const MAX_PATH_BYTES = 103;

/**
 * Makes sure that no other gateway on this machine uses the directory: each would undo what the other has written. Gives what ends
 * that. Where the file system has no sockets it is only logged.
 *
 * @throws {DataDirError} if another one uses it
 */
export async function lockDataDir(dir: string, log: Log): Promise<() => void> {
  const path = join(dir, NAME);
  try {
    const server = await listenOnly(path);
    return () => void server.close();
  } catch (error) {
    if (error instanceof DataDirError) throw error;
    log.info({ dir, reason: codeOf(error) }, 'nothing keeps a second gateway from using the data directory');
    return () => undefined;
  }
}

async function listenOnly(path: string): Promise<Server> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new Error('its path is too long for a socket');
  try {
    return await listen(path);
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
  }
  if (await isAnswered(path)) throw inUse(path);
  rmSync(path, { force: true }); // left by a gateway that was killed
  try {
    return await listen(path);
  } catch (error) {
    throw codeOf(error) === 'EADDRINUSE' ? inUse(path) : error; // another one was faster
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', reject); // later ones, of a system without files to spare, are nobody's
    // A gateway of another user has to be able to ask, too.
    server.listen({ path, readableAll: true, writableAll: true }, () => resolve(server));
    server.unref();
  });
}

/** A process that hangs, or is stopped, counts: the system answers for it, or says that too many wait there. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true));
    socket.once('connect', () => socket.destroy());
    socket.once('error', (error) => resolve(codeOf(error) === 'EAGAIN'));
  });
}

const inUse = (path: string): DataDirError =>
  new DataDirError(
    `cannot use the data directory ${join(path, '..')}: another gateway that is running uses it; stop that one, or give this one a directory of its own (data.dir)`,
  );

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
