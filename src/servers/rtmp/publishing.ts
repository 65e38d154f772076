import { FlvInput } from '../../inputs/flv-input.ts';
import { MessageType, type RtmpMessage } from '../../protocols/rtmp/message.ts';
import type { Publication } from '../../stream/publication.ts';
import type { Pass } from '../gate.ts';
import { Lead } from '../../inputs/lead.ts';
import { Pace } from '../../inputs/pace.ts';

export interface PublishingOptions {
  readonly path: string;
  readonly publication: Publication;
  /** Told when it is over. */
  readonly pass: Pass;
  /** Told in words, once each, of what cannot be used. */
  readonly noticed?: (text: string) => void;
}

/** One message stream of a connection that publishes: its messages become frames of a stream. */
export class Publishing {
  readonly path: string;
  readonly input: FlvInput;
  readonly #publication: Publication;
  readonly #pass: Pass;
  readonly #pace: Pace;
  readonly #lead: Lead;
  /** Of media, without the chunks around it. */
  bytesIn = 0;

  constructor({ path, publication, pass, noticed }: PublishingOptions) {
    this.path = path;
    this.#publication = publication;
    this.#pass = pass;
    this.#pace = new Pace(publication);
    this.#lead = new Lead(publication.origin);
    this.input = new FlvInput(this.#pace, noticed);
  }

  /** The id of its visit. */
  get visit(): string {
    return this.#pass.id;
  }

  /** Why a track of this publisher cannot be used, in words. */
  get problems(): readonly string[] {
    return [...this.input.problems.values()];
  }

  /** @throws {UnsupportedCodecError} */
  take({ type, timestamp, body }: RtmpMessage): void {
    this.bytesIn += body.length;
    if (type === MessageType.video) this.input.video(timestamp, body);
    else if (type === MessageType.audio) this.input.audio(timestamp, body);
    else this.input.data(body);
  }

  /** What is wrong with this publisher, if anything. Call about once a second; `now` in ms, monotonic. */
  look(now: number): string | undefined {
    return this.#pace.stands(now) ? "the publisher's clock stands still" : undefined;
  }

  /** Whether it sends faster than in real time: a file, most likely. `now` in ms, monotonic. */
  isAhead(now: number): boolean {
    return this.#lead.isAhead(this.#pace.newest, now);
  }

  /** Whether what it sends cannot be kept as fast as it comes. */
  get isTooFast(): boolean {
    return this.#publication.isBehind();
  }

  /** What one read from the socket brought is in: pass it on. */
  flush(): void {
    this.#publication.flush();
  }

  /** Begins the stream's grace time. */
  end(reason: string): void {
    this.#publication.release(reason);
    this.#pass.over(reason);
  }
}
