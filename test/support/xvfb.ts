import { Background } from './programs.ts';
import { waitFor } from './wait.ts';

/** A display of its own, on a number that Xvfb chooses. */
export async function startDisplay(): Promise<{ readonly name: string; stop(): Promise<unknown> }> {
  const server = new Background('Xvfb', [
    '-displayfd',
    '1',
    '-screen',
    '0',
    '1280x800x24',
    '+extension',
    'GLX',
  ]);
  const number = await waitFor('Xvfb to name its display', () => /^(\d+)\s/m.exec(server.output)?.[1]);
  return { name: `:${number}`, stop: () => server.stop() };
}
