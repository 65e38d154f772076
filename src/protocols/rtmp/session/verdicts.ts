import * as control from '../control.ts';
import { tell } from './command-context.ts';
import type { CommandContext } from './command-context.ts';
import type { MediaInlet } from './media-inlet.ts';
import { elsewhere, statusInfo } from './outbox.ts';
import { tellPlaying } from './play-commands.ts';
import { tellPublishing } from './publish-commands.ts';
import type { RelayPath } from './relay-path.ts';

const UNAUTHORIZED = 'NetStream.Publish.Unauthorized';
/** OBS's client does not know the code above and keeps the text to itself; with this one it tells it. */
const DENIED = 'NetStream.Publish.Denied';

/** Players of librtmp's kin wait for more after this one; the one after it they take for the end. */
const NO_TRACK = 'NetStream.Play.NoSupportedTrackFound';
const PLAY_FAILED = 'NetStream.Play.Failed';

/** What the door says to those who have asked to publish or play, and to those whom it has let in. */
export class Verdicts {
  readonly #context: CommandContext;
  readonly #media: MediaInlet;

  constructor(context: CommandContext, media: MediaInlet) {
    this.#context = context;
    this.#media = media;
  }

  /** The verdict on a `publish`. What came meanwhile is delivered now. False when the peer has gone off it. */
  acceptPublish(streamId: number): boolean {
    const stream = this.#context.streams.get(streamId);
    if (stream?.state.at !== 'asking to publish') return false;
    const { key, held } = stream.state;
    stream.enter({ at: 'publishing', key });
    this.#context.out.raw(control.streamBegin(streamId));
    tellPublishing(this.#context, streamId);
    this.#media.deliver(stream, held);
    return true;
  }

  /**
   * Refuses a publisher, or ends one that was accepted. The text is what its encoder shows.
   * Code: `NetStream.Publish.Unauthorized` stops encoders from trying again, `NetStream.Publish.BadName` does not.
   */
  refusePublish(streamId: number, code: string, text: string): boolean {
    const stream = this.#context.streams.get(streamId);
    if (stream?.isPublisher !== true) return false;
    stream.enter({ at: 'idle' });
    tell(this.#context, streamId, 'error', code, text);
    if (code === UNAUTHORIZED) tell(this.#context, streamId, 'error', DENIED, text);
    return true;
  }

  /**
   * The verdict on a `play`: from here on the door may send media. False when the peer has gone off it.
   *
   * @param path gateways that the stream has passed, this one too: told to a peer that is a gateway
   */
  acceptPlay(streamId: number, path: RelayPath = []): boolean {
    const stream = this.#context.streams.get(streamId);
    if (stream?.state.at !== 'asking to play') return false;
    const { key, reset } = stream.state;
    stream.enter({ at: 'playing', key });
    tellPlaying(this.#context, streamId, {
      reset,
      path: this.#context.peer.relayPath.length === 0 ? [] : path,
    });
    return true;
  }

  /** Refuses a player, or ends one that was accepted; code e.g. `NetStream.Play.StreamNotFound`. */
  refusePlay(streamId: number, code: string, text: string): boolean {
    const stream = this.#context.streams.get(streamId);
    if (stream?.isPlayer !== true) return false;
    stream.enter({ at: 'idle' });
    tell(this.#context, streamId, 'error', code, text);
    if (code === NO_TRACK) tell(this.#context, streamId, 'error', PLAY_FAILED, text);
    return true;
  }

  /** Something that a player should know about what it is given. */
  notePlay(streamId: number, code: string, text: string): void {
    if (this.#context.streams.get(streamId)?.state.at !== 'playing') return;
    tell(this.#context, streamId, 'status', code, text);
  }

  /** Sends a publisher or player that has asked to another server, in the way of Flash's server. */
  redirect(streamId: number, text: string, url: string): boolean {
    const stream = this.#context.streams.get(streamId);
    if (stream?.isPublisher !== true && stream?.isPlayer !== true) return false;
    stream.enter({ at: 'idle' });
    this.#context.out.status(
      streamId,
      statusInfo('error', 'NetConnection.Connect.Rejected', text, elsewhere(url)),
    );
    return true;
  }

  /** The publisher has gone; the player may stay and wait. */
  playEnded(streamId: number): void {
    if (this.#context.streams.get(streamId)?.state.at !== 'playing') return;
    tell(this.#context, streamId, 'status', 'NetStream.Play.UnpublishNotify', 'The stream has ended.');
    this.#context.out.raw(control.streamEof(streamId));
  }

  /** The publisher is back, after {@link playEnded}. */
  publisherReturned(streamId: number): void {
    if (this.#context.streams.get(streamId)?.state.at !== 'playing') return;
    this.#context.out.raw(control.streamBegin(streamId));
    tell(this.#context, streamId, 'status', 'NetStream.Play.PublishNotify', 'The stream goes on.');
  }
}
