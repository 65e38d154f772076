/** What the gateway says of itself, as numbers: `name{labels}` → value. */
export class GatewayMetrics {
  readonly #lines: readonly (readonly [name: string, value: number])[];

  constructor(text: string) {
    this.#lines = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]);
  }

  /** The sum over all labels; 0 if there is no such metric. */
  sum(name: string): number {
    return this.#lines
      .filter(([key]) => key === name || key.startsWith(`${name}{`))
      .reduce((sum, [, value]) => sum + value, 0);
  }
}

/** Undefined while the gateway does not answer. */
export async function askMetrics(httpPort: number): Promise<GatewayMetrics | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/metrics`, {
      signal: AbortSignal.timeout(2_000),
    });
    return new GatewayMetrics(await answer.text());
  } catch {
    return undefined;
  }
}
