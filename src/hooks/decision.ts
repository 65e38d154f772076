import type { StreamName } from '../media/stream-name.ts';

/** What a target that decides has said of a visitor. */
export type Decision =
  /** `name`: where the visitor is led instead. */
  | { readonly allowed: true; readonly name?: StreamName }
  /** `reason`: for the person at the encoder or player. `redirect`: a URL of the visitor's own protocol to try instead. */
  | { readonly allowed: false; readonly reason: string; readonly redirect?: string };

/** Somebody at a door: the gate's Visit is one. */
export interface AskedVisit {
  /** Of the visit, as in the events that follow. */
  readonly id: string;
  readonly action: 'publish' | 'play';
  readonly protocol: string;
  readonly name: StreamName;
  readonly query: string;
  readonly bearer?: string | undefined;
  readonly address: string;
  readonly origin?: string | undefined;
  readonly program?: string | undefined;
  readonly tcUrl?: string | undefined;
  readonly swfUrl?: string | undefined;
  readonly connection?: number | undefined;
}

/** Somebody who has sent RTMP's `connect`. */
export interface AskedCaller {
  readonly address: string;
  readonly app: string;
  readonly query: string;
  readonly tcUrl: string;
  readonly program: string;
  readonly origin?: string | undefined;
  readonly swfUrl?: string | undefined;
  readonly connection?: number | undefined;
}
