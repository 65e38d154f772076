import { RelayLine, type RelayMeans } from '../../clients/relay-line.ts';
import type { RelayHealth, TellRelay } from '../../clients/relay-progress.ts';
import { secretsOf } from '../../clients/relay-secrets.ts';
import type { RtmpLink } from '../../clients/rtmp-client.ts';
import { OUT_CHUNK_SIZE } from '../../protocols/rtmp/message.ts';
import type { ClientTarget } from '../../protocols/rtmp/session/client-url.ts';
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
  readonly tell: TellRelay;
}

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
  /** What the server takes. */
  #tailoring: Tailoring = UNTAILORED;
  #bytesOfFormer = 0;
  /** What the target has been told of where the stream comes from. */
  #toldPath = '';

  constructor(options: PushRelayOptions) {
    this.#options = options;
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
      moved: (link) => {
        this.#leave();
        this.#begin(link);
      },
      lost: () => this.#leave(),
      tell,
    });
  }

  get health(): RelayHealth {
    return this.#line.health;
  }

  /** Handed to the connections so far. */
  get bytes(): number {
    return this.#bytesOfFormer + (this.#viewer?.bytesOut ?? 0);
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

  #begin(link: RtmpLink): void {
    const { stream, limits, codecs } = this.#options;
    this.#tailoring = codecs === 'any' ? UNTAILORED : announcedByServer(link.enhanced);
    if (!this.#check()) return;
    const viewer = new Viewer(this.#sinkOf(link), limits);
    this.#viewer = viewer;
    stream.join(publishFormat(link.streamId, OUT_CHUNK_SIZE, this.#tailoring), viewer, true);
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
    return {
      protocol: 'relay',
      get queuedBytes() {
        return link.queuedBytes;
      },
      write: (batch) => link.writeShared([batch.bytes]),
      writeAll: (batches) => link.writeShared(batches.map(({ bytes }) => bytes)),
      close: (reason) => this.#closed(reason),
    };
  }

  /** The stream has nothing more for this viewer. */
  #closed(reason: ViewerEnd): void {
    if (OVER.has(reason)) return this.stop(reason);
    this.#leave();
    this.#line.fail(reason === 'too slow' ? 'the server is slower than the stream' : reason);
  }

  #leave(): void {
    const viewer = this.#viewer;
    if (!viewer) return;
    this.#viewer = undefined;
    this.#bytesOfFormer += viewer.bytesOut;
    viewer.gone();
    this.#options.stream.leave(viewer);
  }
}
