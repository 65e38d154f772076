export const DEFAULT_SECONDS = 10;
/** A playlist of six segments of 2 s is seen to change as a whole, and what has left it to stay its time. */
export const DEFAULT_CHECK_SECONDS = 30;

/** The options of `millrace inspect`. */
export interface LookFlags {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly seconds?: number;
}
