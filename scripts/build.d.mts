/** Builds the server and the player page into `dist`; skips what is already built from the same sources. */
export function build(): Promise<void>;
