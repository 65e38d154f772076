/** `access.publish`. */
export type PublishAccess = 'loopback' | 'open';

/** Where a publisher comes from. */
export interface PublisherOrigin {
  /** The peer's IP address. */
  readonly address: string;
  /** True if it is this machine: loopback, or one of its own addresses talking to itself. */
  readonly isThisMachine: boolean;
}

/** The reason why this peer may not publish, in words for the person at the encoder; undefined if it may. */
export function publishRefusal(mode: PublishAccess, origin: PublisherOrigin): string | undefined {
  if (mode === 'open' || origin.isThisMachine) return undefined;
  return `publishing from ${origin.address} is not allowed: this gateway takes publishers from its own machine only (set access.publish to open to change that)`;
}
