import { FlvInput } from '../../inputs/flv-input.ts';
import { MessageType, type RtmpMessage } from '../../protocols/rtmp/message.ts';
import type { Publication } from '../../stream/publication.ts';

/** One message stream of a connection that publishes: its messages become frames of a stream. */
export class Publishing {
  readonly path: string;
  readonly input: FlvInput;
  readonly #publication: Publication;

  constructor(path: string, publication: Publication) {
    this.path = path;
    this.#publication = publication;
    this.input = new FlvInput(publication);
  }

  /** @throws {UnsupportedCodecError} */
  take({ type, timestamp, body }: RtmpMessage): void {
    if (type === MessageType.video) this.input.video(timestamp, body);
    else if (type === MessageType.audio) this.input.audio(timestamp, body);
    else this.input.data(body);
  }

  /** What one read from the socket brought is in: pass it on. */
  flush(): void {
    this.#publication.flush();
  }

  /** Begins the stream's grace time. */
  end(reason: string): void {
    this.#publication.release(reason);
  }
}
