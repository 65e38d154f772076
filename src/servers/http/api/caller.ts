/** Who is calling. */
export interface Caller {
  /** May do everything. */
  readonly isOperator: boolean;
  /** How it proved that; undefined: it did not. */
  readonly by: 'token' | 'session' | 'loopback' | undefined;
  /** For answers that go on for hours: false as soon as the session is over. */
  readonly isStillWelcome: () => boolean;
}
