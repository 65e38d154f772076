import { readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { AmfObject, type AmfValue } from '../../../src/amf/value.ts';
import type { FlvFlags } from '../../../src/containers/flv/file-header.ts';
import { FlvReader, type FlvTag } from '../../../src/containers/flv/reader.ts';
import { TAG_AUDIO, TAG_SCRIPT, TAG_VIDEO } from '../../../src/containers/flv/tag.ts';
import { FlvInput } from '../../../src/inputs/flv-input.ts';
import type { DataFrame, Frame, MediaFrame } from '../../../src/media/frame.ts';
import { ticks, type Ticks } from '../../../src/media/time.ts';

/** Where the frames of a stream go. */
export interface FrameHearer {
  /** A frame of the main picture or the main sound, on one time line that begins with 0 and never goes back. */
  frame(frame: MediaFrame): void;
  /** The server's clock, in ms since 1970, when the frame at this time came in. */
  clock(wallClock: number, at: Ticks): void;
}

/**
 * A live FLV stream, read by the gateway's own reader and intake: wraps and jumps of its clock, new configurations and other
 * codecs in its middle are met there.
 */
export class FlvFrames {
  readonly #reader = new FlvReader({ owned: true });
  readonly #input: FlvInput;
  readonly #hearer: FrameHearer;
  /** Of a mark whose frame has not come yet. */
  #wallClock: number | undefined;

  constructor(hearer: FrameHearer) {
    this.#hearer = hearer;
    this.#input = new FlvInput({
      origin: ticks(0),
      formerTracks: {},
      newEpoch: () => this.#input.epoch + 1,
      write: (frame) => this.#write(frame),
      describe: () => undefined,
    });
  }

  /** What the stream says it has, once its head has been read. */
  get flags(): FlvFlags | undefined {
    return this.#reader.flags;
  }

  /** A piece cut anywhere, which nobody writes into any more. @throws {FlvError | UnsupportedCodecError} */
  push(piece: Uint8Array): void {
    this.#reader.push(piece, this.#tag);
  }

  readonly #tag = ({ type, timestamp, body }: FlvTag): void => {
    if (type === TAG_VIDEO) this.#input.video(timestamp, body);
    else if (type === TAG_AUDIO) this.#input.audio(timestamp, body);
    else if (type === TAG_SCRIPT) this.#input.data(body);
  };

  #write(frame: Frame): void {
    if (frame.kind === 'data') {
      this.#wallClock = wallClockOf(frame) ?? this.#wallClock;
      return;
    }
    if (frame.track.id !== frame.kind) return; // a rendition beside the main one
    if (this.#wallClock !== undefined && frame.startsGop) {
      this.#hearer.clock(this.#wallClock, frame.pts);
      this.#wallClock = undefined;
    }
    this.#hearer.frame(frame);
  }
}

/** The time out of `onClock { wallClock }`. */
function wallClockOf({ name, payload }: DataFrame): number | undefined {
  if (name !== 'onClock') return undefined;
  const [, mark]: readonly AmfValue[] = readAmf0Values(payload);
  const wallClock = mark instanceof AmfObject ? mark.get('wallClock') : undefined;
  return typeof wallClock === 'number' && wallClock > 0 ? wallClock : undefined;
}
