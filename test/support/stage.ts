import type { Frame } from '../../src/media/frame.ts';
import { streamName, type StreamName } from '../../src/media/stream-name.ts';
import type { Publication, Publisher } from '../../src/stream/publication.ts';
import { Stream } from '../../src/stream/stream.ts';
import type { ViewerTally } from '../../src/stream/viewer-tally.ts';
import { Viewer, type ViewerLimits } from '../../src/stream/viewer.ts';
import type { WireFormat } from '../../src/stream/wire-format.ts';
import { FakeTime } from './fake-time.ts';
import { RecordingSink } from './recording-sink.ts';

export function nameOf(path: string): StreamName {
  const [app = '', stream = ''] = path.split('/');
  const name = streamName(app, stream);
  if ('refused' in name) throw new Error(name.refused);
  return name;
}

/** A publisher that notes why it was kicked. */
export function publisherFrom(address = '192.0.2.1'): Publisher & { readonly kicks: string[] } {
  const kicks: string[] = [];
  return { address, encoder: undefined, kick: (reason) => void kicks.push(reason), kicks };
}

export interface Watched {
  readonly viewer: Viewer;
  readonly sink: RecordingSink;
}

/** A stream with a publisher and a clock that is moved by hand. */
export class Stage {
  readonly time = new FakeTime();
  readonly stream: Stream;
  publication: Publication;

  constructor(batchMs = 0, tally?: ViewerTally) {
    const { now } = this.time;
    this.stream = new Stream(nameOf('live/show'), { now, clock: now, batchMs, ...(tally && { tally }) });
    this.publication = this.publish();
  }

  publish(): Publication {
    this.publication = this.stream.publish(publisherFrom(), () => undefined);
    return this.publication;
  }

  /** What one read from the publisher's socket brings. */
  send(...frames: readonly Frame[]): void {
    for (const frame of frames) this.publication.write(frame);
    this.publication.flush();
  }

  join(format: WireFormat, options: { fromGop?: boolean; limits?: ViewerLimits } = {}): Watched {
    const sink = new RecordingSink();
    const viewer = new Viewer(sink, options.limits);
    this.stream.join(format, viewer, options.fromGop ?? true);
    return { viewer, sink };
  }
}
