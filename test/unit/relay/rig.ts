import type { RelayMeans } from '../../../src/clients/relay-line-options.ts';
import type { RelayState } from '../../../src/clients/relay-progress.ts';
import type { Admit } from '../../../src/inputs/relay/admit.ts';
import { PullBoard, type PullRule } from '../../../src/inputs/relay/pull-board.ts';
import { streamPattern, type StreamPattern } from '../../../src/media/stream-pattern.ts';
import { PushBoard, type PushRule } from '../../../src/outputs/relay/push-board.ts';
import type { Publication } from '../../../src/stream/publication.ts';
import { StreamRegistry } from '../../../src/stream/registry.ts';
import type { Stream } from '../../../src/stream/stream.ts';
import { VIEWER_LIMITS, type ViewerLimits } from '../../../src/stream/viewer.ts';
import { fakeLinks, type FakeLink } from '../../support/fake-links.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { nameOf, publisherFrom } from '../../support/stage.ts';

export const patternOf = (text: string): StreamPattern => {
  const pattern = streamPattern(text);
  if ('refused' in pattern) throw new Error(pattern.refused);
  return pattern;
};

/** Streams, pushes and pulls on a clock that is moved by hand; the other servers are played by the test. */
export class RelayRig {
  readonly time = new FakeTime();
  readonly told: string[] = [];
  readonly noticed: string[] = [];
  viewers = 0;
  readonly links: FakeLink[];
  readonly streams: StreamRegistry;
  readonly pushes: PushBoard;
  readonly pulls: PullBoard;

  constructor(opened?: (link: FakeLink) => void, limits: ViewerLimits = VIEWER_LIMITS, admit?: Admit) {
    const { now, after } = this.time;
    const { open, links } = fakeLinks(opened);
    this.links = links;
    const means: RelayMeans = { open, time: { now, clock: now, after, random: () => 0.5 }, id: 'us' };
    this.streams = new StreamRegistry({
      now,
      clock: now,
      batchMs: 0,
      graceSeconds: 10,
      after,
      opened: (stream) => this.pushes.opened(stream),
      ended: () => undefined,
    });
    const tell = (rule: PushRule | PullRule, stream: string, state: RelayState, text: string): void =>
      void this.told.push(`${rule.id} ${stream} ${state}: ${text}`);
    this.pushes = new PushBoard({ means, limits, streams: () => this.streams.list(), tell });
    this.pulls = new PullBoard({
      means,
      streams: this.streams,
      viewers: () => this.viewers,
      lingerMs: 5_000,
      holdMs: 8_000,
      tell,
      admit,
      noticed: (_stream, text) => void this.noticed.push(text),
    });
  }

  get link(): FakeLink {
    const link = this.links.at(-1);
    if (!link) throw new Error('nothing was opened');
    return link;
  }

  push(streams = 'live/show', url = 'rtmp://far.example/app/secret-key', id = 'push-1'): void {
    this.pushes.add({ id, streams: patternOf(streams), url });
  }

  pull(
    when: 'watched' | 'always' = 'watched',
    streams = 'live/show',
    url = 'rtmp://far.example/live/show',
  ): void {
    this.pulls.add({ id: 'pull-1', streams: patternOf(streams), url, when });
  }

  publish(
    address = '192.0.2.1',
    relayPath: readonly string[] = [],
  ): { readonly stream: Stream; readonly publication: Publication; readonly kicks: string[] } {
    const publisher = { ...publisherFrom(address), relayPath };
    const claim = this.streams.claim(nameOf('live/show'), publisher);
    if (!claim.granted) throw new Error(claim.reason);
    return { ...claim, kicks: publisher.kicks };
  }
}
