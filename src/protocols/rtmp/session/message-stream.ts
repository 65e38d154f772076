import type { RtmpMessage } from '../message.ts';

/** Media that came before the verdict on its publisher, in order. */
export class HeldMedia {
  readonly messages: RtmpMessage[] = [];
  bytes = 0;

  add(message: RtmpMessage): void {
    this.messages.push(message);
    this.bytes += message.body.length;
  }
}

/** What one message stream of a connection is used for. `key` is the peer's own word for the stream. */
export type StreamState =
  | { readonly at: 'idle' }
  | { readonly at: 'asking to publish'; readonly key: string; readonly held: HeldMedia }
  | { readonly at: 'publishing'; readonly key: string }
  | { readonly at: 'asking to play'; readonly key: string; readonly reset: boolean }
  | { readonly at: 'playing'; readonly key: string };

type At = StreamState['at'];

const NEXT: { readonly [From in At]: readonly At[] } = {
  idle: ['asking to publish', 'asking to play'],
  'asking to publish': ['publishing', 'idle'],
  publishing: ['idle'],
  'asking to play': ['playing', 'idle'],
  playing: ['idle'],
};

/** A message stream (RTMP 1.0 §7.2.1.3): one publisher or one player. */
export class MessageStream {
  readonly id: number;
  #state: StreamState = { at: 'idle' };

  constructor(id: number) {
    this.id = id;
  }

  get state(): StreamState {
    return this.#state;
  }

  get isPublisher(): boolean {
    return this.#state.at === 'publishing' || this.#state.at === 'asking to publish';
  }

  get isPlayer(): boolean {
    return this.#state.at === 'playing' || this.#state.at === 'asking to play';
  }

  enter(next: StreamState): void {
    if (!NEXT[this.#state.at].includes(next.at)) {
      throw new Error(`RTMP message stream cannot go from ${this.#state.at} to ${next.at}`);
    }
    this.#state = next;
  }
}
