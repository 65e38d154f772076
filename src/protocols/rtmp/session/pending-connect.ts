import { ProtocolError } from '../errors.ts';
import { MAX_UNHEARD_BYTES, MAX_UNHEARD_MESSAGES } from '../limits.ts';
import { MessageType } from '../message.ts';
import type { RtmpMessage } from '../message.ts';
import type { Command } from './command.ts';
import { HeldMedia } from './message-stream.ts';

/** A `connect` on which the verdict is due. Peers that do not wait for the answer lose nothing by it. */
export class PendingConnect {
  readonly command: Command;
  readonly #unheard = new HeldMedia();

  constructor(command: Command) {
    this.command = command;
  }

  /** What the peer has said since, in order. */
  get unheard(): readonly RtmpMessage[] {
    return this.#unheard.messages;
  }

  /** @throws ProtocolError when too much comes before the verdict. */
  hold(message: RtmpMessage): void {
    const unheard = this.#unheard;
    unheard.add(message);
    if (unheard.bytes > MAX_UNHEARD_BYTES || unheard.messages.length > MAX_UNHEARD_MESSAGES) {
      const text = `${unheard.bytes} bytes came before the answer to "connect"`;
      throw new ProtocolError('RTMP_HELD_BYTES', text);
    }
  }
}

/** Commands and media, which have to wait for their turn; what concerns the connection itself has not. */
export function isSaid(type: number): boolean {
  return type >= MessageType.audio;
}
