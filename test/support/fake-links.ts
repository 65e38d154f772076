import type { OpenLink, RtmpClientOptions, RtmpLink } from '../../src/clients/rtmp-client.ts';
import type { RelayPath } from '../../src/protocols/rtmp/session/relay-path.ts';

/** One connection that a test plays the server of. */
export class FakeLink implements RtmpLink {
  readonly options: RtmpClientOptions;
  readonly streamId = 1;
  readonly address = '192.0.2.7';
  queuedBytes = 0;
  bytesRead = 0;
  readonly written: Buffer[] = [];
  isClosed = false;

  constructor(options: RtmpClientOptions) {
    this.options = options;
  }

  writeShared(pieces: readonly Buffer[]): void {
    this.written.push(...pieces);
  }

  close(): void {
    this.isClosed = true;
  }

  start(path: RelayPath = []): void {
    this.options.started(path);
  }

  end(reason: string, isFinal = false): void {
    this.options.ended({ reason, isFinal });
  }
}

/** Opens links to nowhere, and keeps them. */
export function fakeLinks(opened: (link: FakeLink) => void = () => undefined): {
  readonly open: OpenLink;
  readonly links: FakeLink[];
} {
  const links: FakeLink[] = [];
  return {
    links,
    open: (options) => {
      const link = new FakeLink(options);
      links.push(link);
      opened(link);
      return link;
    },
  };
}
