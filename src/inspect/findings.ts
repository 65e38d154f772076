import { MAX_FINDINGS_PER_CODE } from './limits.ts';
import type { Finding, FindingCode } from './report.ts';

/** Collects what is odd. A stream that repeats its mistake a thousand times is told so in a few lines. */
export class Findings {
  readonly #found: Finding[] = [];
  readonly #counts = new Map<FindingCode, number>();

  add(code: FindingCode, message: string, where?: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count <= MAX_FINDINGS_PER_CODE) this.#found.push({ code, where, message });
  }

  /** In the order found; the codes that were folded say how many more there were. */
  list(): Finding[] {
    const folded = [...this.#counts]
      .filter(([, count]) => count > MAX_FINDINGS_PER_CODE)
      .map(([code, count]): Finding => ({
        code,
        message: `… and ${count - MAX_FINDINGS_PER_CODE} more of these`,
      }));
    return [...this.#found, ...folded];
  }
}
