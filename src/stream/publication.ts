import type { AmfObject } from '../amf/value.ts';
import type { Frame } from '../media/frame.ts';
import type { Ticks } from '../media/time.ts';
import type { FormerTracks } from '../media/track.ts';

/** Who is sending: enough to decide on a takeover, to tell an operator, and to end it. */
export interface Publisher {
  /** IP address, without the port. */
  readonly address: string;
  /** The id of the key that let it in, if one did. */
  readonly key?: string | undefined;
  /** What the encoder calls itself, if it does. */
  readonly encoder: string | undefined;
  /** True if it is fetched from another server by a rule of ours: whoever publishes here directly goes before it. */
  readonly isPulled?: boolean;
  /** Ids of the gateways that it came through. */
  readonly relayPath?: readonly string[];
  /** Its messages that did not become frames, by reason; for reports. */
  readonly dropped?: () => Readonly<Record<string, number>>;
  /** Why a track of it cannot be used, in words; for reports. */
  readonly problems?: () => readonly string[];
  /** Another one has taken over, or the operator wants it gone. */
  kick(reason: string): void;
}

/** The right to write into a stream, held by one publisher at a time. Once it is over, every call does nothing. */
export interface Publication {
  /** Where on the stream's time line this publisher's first frame belongs: behind everything before it. */
  readonly origin: Ticks;
  /** Tracks of the publisher before: a track whose configuration is the same bytes should be the same object. */
  readonly formerTracks: FormerTracks;
  /** Something that keeps the stream cannot follow: who sends faster than in real time should wait. */
  isBehind(): boolean;
  /** A number for a new time line; the first one is taken when the publication begins. */
  newEpoch(): number;
  write(frame: Frame): void;
  /** The publisher's `onMetaData`. */
  describe(metadata: AmfObject): void;
  /** Its way is another now: see {@link Publisher.relayPath}. */
  cameBy(relayPath: readonly string[]): void;
  /** What one read from the socket brought has been written. */
  flush(): void;
  /** The publisher is done or gone: the stream's grace time begins. */
  release(reason: string): void;
}
