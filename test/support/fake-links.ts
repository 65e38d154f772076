import type { OpenLink, RtmpClientOptions, RtmpLink } from '../../src/clients/rtmp-client.ts';
import type { ClientTarget } from '../../src/protocols/rtmp/session/client-url.ts';
import { PLAIN_RTMP, type Enhanced } from '../../src/protocols/rtmp/session/enhanced.ts';
import type { RelayPath } from '../../src/protocols/rtmp/session/relay-path.ts';

/** One connection that a test plays the server of. */
export class FakeLink implements RtmpLink {
  readonly options: RtmpClientOptions;
  readonly streamId = 1;
  readonly address = '192.0.2.7';
  /** What its server can do; of the simplest kind unless the test says otherwise. */
  enhanced: Enhanced = PLAIN_RTMP;
  queuedBytes = 0;
  bytesRead = 0;
  readonly written: Buffer[] = [];
  isClosed = false;

  constructor(options: RtmpClientOptions) {
    this.options = options;
  }

  get target(): ClientTarget {
    return this.options.target;
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

  /** The server asks to go on over another connection. */
  ask(tcUrl?: string, text = ''): void {
    this.options.reconnect?.(tcUrl, text);
  }

  end(reason: string, isFinal = false, isRefusal = false): void {
    this.options.ended({ reason, isFinal, isRefusal });
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
