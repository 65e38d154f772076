import { createServer, type AddressInfo } from 'node:net';
import { Background } from './programs.ts';
import { waitFor } from './wait.ts';
import { startDisplay } from './xvfb.ts';

/** WebKitGTK's small browser, driven by the WebDriver protocol: the nearest thing to an iPhone's player on this system. */
export interface WebKit {
  goto(url: string): Promise<void>;
  /** Runs a function's body in the page and returns what it returns. */
  evaluate<T>(body: string): Promise<T>;
  stop(): Promise<void>;
}

const BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

export async function startWebKit(): Promise<WebKit> {
  const display = await startDisplay();
  const port = await freePort();
  const driver = new Background('WebKitWebDriver', [`--port=${port}`], {
    ...process.env,
    DISPLAY: display.name,
    LIBGL_ALWAYS_SOFTWARE: '1',
    WEBKIT_GST_ENABLE_HLS_SUPPORT: '1',
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  });
  const call = async (path: string, body?: object, method = 'POST'): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) throw new Error(`WebDriver ${path}: ${JSON.stringify(value)}`);
    return value;
  };
  await waitFor('the WebKit driver', async () =>
    fetch(`http://127.0.0.1:${port}/status`).then(
      (one) => one.ok,
      () => false,
    ),
  );
  const { sessionId } = (await call('/session', {
    capabilities: {
      alwaysMatch: {
        browserName: 'MiniBrowser',
        'webkitgtk:browserOptions': { binary: BROWSER, args: ['--automation'] },
      },
    },
  })) as { sessionId: string };
  return {
    goto: async (url) => {
      await call(`/session/${sessionId}/url`, { url });
    },
    evaluate: async <T>(body: string) =>
      (await call(`/session/${sessionId}/execute/sync`, { script: body, args: [] })) as T,
    stop: async () => {
      await call(`/session/${sessionId}`, undefined, 'DELETE').catch(() => undefined);
      await driver.stop();
      await display.stop();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
