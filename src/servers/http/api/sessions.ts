import { createHash, randomBytes } from 'node:crypto';

/** A working day: who left the dashboard open in the morning need not sign in again in the evening. */
const LIFE_MS = 12 * 3_600_000;
/** Signed-in browsers; the oldest is signed out for one more. */
const MAX_SESSIONS = 100;
const COOKIE = 'millrace_session';

/** Browsers that have signed in. They live in memory: a restart of the gateway signs everybody out. */
export class Sessions {
  readonly #clock: () => number;
  /** By the hash of what the cookie holds, oldest first: when it ends. */
  readonly #ends = new Map<string, number>();

  /** @param clock ms; any that goes on */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#ends.size;
  }

  /** Gives the value of `Set-Cookie`. */
  begin(isSecure: boolean): string {
    const secret = randomBytes(32).toString('base64url');
    const now = this.#clock();
    for (const [key, end] of this.#ends) if (end <= now) this.#ends.delete(key);
    for (const key of this.#ends.keys()) {
      if (this.#ends.size < MAX_SESSIONS) break;
      this.#ends.delete(key);
    }
    this.#ends.set(keyOf(secret), now + LIFE_MS);
    return cookie(secret, LIFE_MS / 1000, isSecure);
  }

  /** @param header the request's `Cookie` */
  isIn(header: string | undefined): boolean {
    return secretsIn(header).some((secret) => (this.#ends.get(keyOf(secret)) ?? 0) > this.#clock());
  }

  /** Signs out; gives the value of `Set-Cookie` that makes the browser forget. */
  end(header: string | undefined, isSecure: boolean): string {
    for (const secret of secretsIn(header)) this.#ends.delete(keyOf(secret));
    return cookie('', 0, isSecure);
  }

  endAll(): void {
    this.#ends.clear();
  }
}

const keyOf = (secret: string): string => createHash('sha256').update(secret).digest('base64');

/** RFC 6265 §4.1; a script of the page cannot read it, and pages of other sites cannot make the browser send it. */
function cookie(value: string, seconds: number, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : '';
  return `${COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}

/** A header may bring several of one name: RFC 6265 §5.4 leaves that to browsers. */
function secretsIn(header: string | undefined): string[] {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${COOKIE}=`))
    .map((pair) => pair.slice(COOKIE.length + 1));
}
