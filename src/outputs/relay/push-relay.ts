import type { RelayMeans } from '../../clients/relay-line-options.ts';
import { RelayLine } from '../../clients/relay-line.ts';
import type { RelayHealth, TellRelay } from '../../clients/relay-progress.ts';
import { secretsOf } from '../../clients/relay-secrets.ts';
import type { RtmpLink } from '../../clients/rtmp-client.ts';
import { OUT_CHUNK_SIZE } from '../../protocols/rtmp/message.ts';
import type { ClientTarget } from '../../protocols/rtmp/session/client-url.ts';
import type { Batch } from '../../stream/batch.ts';
import type { Rendition } from '../../stream/rendition.ts';
import type { Stream } from '../../stream/stream.ts';
import { Viewer, type ViewerEnd, type ViewerLimits, type ViewerSink } from '../../stream/viewer.ts';
import { leftOut, NOT_TAKEN } from '../flv/left-out.ts';
import { UNTAILORED, type Tailoring } from '../flv/tailoring.ts';
import { announcedByServer } from '../rtmp/announced.ts';
import { publishFormat } from './publish-format.ts';

export interface PushRelayOptions {
  readonly stream: Stream;
  readonly url: string;
  readonly target: ClientTarget;
  readonly means: RelayMeans;
  readonly limits: ViewerLimits;
  /** `any`: the server is sent whatever there is, also what it has not announced that it takes. */
  readonly codecs?: 'announced' | 'any' | undefined;
  /** `all` (default): a server that has announced Multitrack is sent all tracks. */
  readonly tracks?: 'all' | 'main' | undefined;
  readonly tell: TellRelay;
}

/** A key frame comes sooner, as a rule; a server that wants us elsewhere does not wait for ever. */
const MAX_GOP_MS = 5_000;

/** Ends that have nothing to do with the target: what it is told is a goodbye. */
const OVER: ReadonlySet<ViewerEnd> = new Set<ViewerEnd>(['stream ended', 'shutting down', 'kicked']);

/**
 * One stream on its way to one other server: a viewer whose connection we have opened ourselves. It is given what all
 * viewers of its format are given, skips GOPs when it is slow as they do, and comes back when it is lost.
 */
export class PushRelay {
  readonly #options: PushRelayOptions;
  readonly #line: RelayLine;
  #viewer: Viewer | undefined;
  /** What {@link #viewer} watches. */
  #show: Rendition;
  /** Gets the stream until the next key frame, from which on {@link #viewer} does. */
  #former: Former | undefined;
  /** What the server takes. */
  #tailoring: Tailoring = UNTAILORED;
  #bytesOfFormer = 0;
  /** What the target has been told of where the stream comes from. */
  #toldPath = '';

  constructor(options: PushRelayOptions) {
    this.#options = options;
    this.#show = options.stream.main;
    const { stream, url, target, means, tell } = options;
    this.#line = new RelayLine({
      means,
      mode: 'publish',
      target,
      secrets: secretsOf(url, [stream.name.stream]),
      path: () => {
        this.#toldPath = this.#path.join(' ');
        return this.#path;
      },
      started: (link) => this.#begin(link),
      moved: (link, _path, { leave }) => this.#moved(link, leave),
      formerLost: () => this.#hurry(),
      lost: () => this.#leave(),
      tell,
    });
  }

  get health(): RelayHealth {
    return this.#line.health;
  }

  /** Handed to the connections so far. */
  get bytes(): number {
    return this.#bytesOfFormer + (this.#viewer?.bytesOut ?? 0) + (this.#former?.viewer.bytesOut ?? 0);
  }

  /** Frames come, of a publisher who may be another than before. */
  live(): void {
    if (!this.#line.isIdle && this.#path.join(' ') !== this.#toldPath)
      this.#line.stop('the stream comes another way now');
    this.#line.start();
  }

  stop(why: string): void {
    this.#leave();
    this.#line.stop(why);
  }

  get #path(): readonly string[] {
    return this.#options.stream.relayPath;
  }

  /** The stream's tracks are others now: the server may not take them. */
  look(): void {
    if (this.#viewer) this.#check();
  }

  #begin(link: RtmpLink, fromGop = true): void {
    const { codecs } = this.#options;
    this.#tailoring = codecs === 'any' ? UNTAILORED : announcedByServer(link.enhanced);
    if (this.#check()) this.#join(link, fromGop);
  }

  #join(link: RtmpLink, fromGop: boolean): void {
    const { stream, limits, tracks } = this.#options;
    const isAll = tracks !== 'main' && link.enhanced.takesMultitrack;
    const tailoring = isAll ? this.#tailoring.withAllTracks() : this.#tailoring;
    const viewer = new Viewer(this.#sinkOf(link), limits);
    this.#viewer = viewer;
    this.#show = isAll ? stream.whole : stream.main;
    this.#show.join(publishFormat(link.streamId, OUT_CHUNK_SIZE, tailoring), viewer, fromGop);
  }

  /** The former server gets all up to a key frame, this one all from it on: no frame is sent twice, and none to nobody. */
  #moved(link: RtmpLink, leave: () => void): void {
    const viewer = this.#viewer;
    if (!viewer) {
      leave();
      return this.#begin(link);
    }
    this.#leaveFormer();
    this.#viewer = undefined;
    const { time } = this.#options.means;
    const show = this.#show;
    this.#former = { viewer, show, link, leave, stopWaiting: time.after(MAX_GOP_MS, () => this.#hurry()) };
    this.#begin(link, false);
  }

  /** No key frame comes, or nobody takes the frames until then: the new server gets what there is since the last one. */
  #hurry(): void {
    const former = this.#former;
    if (!former) return;
    this.#leaveFormer();
    this.#rejoin(former.link);
  }

  /** False: nothing of the stream is of use to the server, and the connection is given up. */
  #check(): boolean {
    const left = leftOut(this.#options.stream.facts.tracks, this.#tailoring, NOT_TAKEN);
    if (left?.isAll !== true) {
      this.#line.confirm(left?.text);
      return true;
    }
    this.#leave();
    this.#line.fail(left.text);
    return false;
  }

  #sinkOf(link: RtmpLink): ViewerSink {
    const sink: ViewerSink = {
      protocol: 'relay',
      get queuedBytes() {
        return link.queuedBytes;
      },
      write: (batch) => this.#send(link, sink, [batch]),
      writeAll: (batches) => this.#send(link, sink, batches),
      close: (reason) => {
        const former = this.#former;
        if (former?.viewer.sink !== sink || OVER.has(reason)) return this.#closed(reason);
        behindThisBatch(() => {
          if (this.#former === former) this.#hurry();
        });
      },
    };
    return sink;
  }

  #send(link: RtmpLink, sink: ViewerSink, batches: readonly Batch[]): void {
    if (this.#former?.viewer.sink !== sink) return link.writeShared(batches.map(({ bytes }) => bytes));
    const successor = this.#former.link;
    const key = batches.findIndex(({ opening }) => opening !== undefined);
    const before = key < 0 ? batches : batches.slice(0, key);
    const last = batches[key];
    const pieces = [...before, ...(last && last.gopAt > 0 ? [last.upToGop()] : [])];
    if (pieces.length > 0) link.writeShared(pieces.map(({ bytes }) => bytes));
    if (!last) return;
    this.#leaveFormer();
    // The key frame may have been on its way when the new one joined; the stream has it still.
    const viewer = this.#viewer;
    behindThisBatch(() => {
      if (viewer?.state === 'joining' && this.#viewer === viewer) this.#rejoin(successor);
    });
  }

  #rejoin(link: RtmpLink): void {
    if (this.#viewer) this.#part(this.#viewer, this.#show);
    this.#join(link, true);
  }

  /** The stream has nothing more for this viewer. */
  #closed(reason: ViewerEnd): void {
    if (OVER.has(reason)) return this.stop(reason);
    this.#leave();
    this.#line.fail(reason === 'too slow' ? 'the server is slower than the stream' : reason);
  }

  #leave(): void {
    this.#leaveFormer();
    const viewer = this.#viewer;
    this.#viewer = undefined;
    if (viewer) this.#part(viewer, this.#show);
  }

  #leaveFormer(): void {
    const former = this.#former;
    if (!former) return;
    this.#former = undefined;
    former.stopWaiting();
    this.#part(former.viewer, former.show);
    former.leave();
  }

  #part(viewer: Viewer, show: Rendition): void {
    this.#bytesOfFormer += viewer.bytesOut;
    viewer.gone();
    show.leave(viewer);
  }
}

/** A connection that is about to be left. */
interface Former {
  readonly viewer: Viewer;
  readonly show: Rendition;
  /** The one that follows. */
  readonly link: RtmpLink;
  /** Says goodbye to its server. */
  readonly leave: () => void;
  readonly stopWaiting: () => void;
}

/** Whoever joins while a batch is given out is given what there is of the GOP, this batch too, and then the batch in its turn. */
const behindThisBatch = queueMicrotask;
