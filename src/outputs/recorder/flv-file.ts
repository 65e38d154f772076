import type { AmfObject } from '../../amf/value.ts';
import { FLV_HEADER_BYTES, flvFileHeader } from '../../containers/flv/file-header.ts';
import { flvFileMetadata, flvMetadataRoom } from '../../containers/flv/file-index.ts';
import type { Frame } from '../../media/frame.ts';
import { ms, msFromTicks, secondsFromTicks, ticks, type Ticks } from '../../media/time.ts';
import { flvFormat } from '../flv/flv-format.ts';
import { viewerMetadata } from '../flv/metadata.ts';
import { endOfFrames } from './frame-end.ts';
import { KeyIndex, type KeyPoint } from './key-index.ts';
import type { Muxer, MuxerStart, Patch } from './muxer.ts';

/** A publisher's own values beyond this are left out: nobody's title is so long. */
const MAX_METADATA_BYTES = 16 * 1024;

/** An FLV file: header, onMetaData with room for an index, codec configurations, and the tags as viewers get them. */
export class FlvFile implements Muxer {
  readonly #start: MuxerStart;
  readonly #metadata: AmfObject;
  readonly #room: number;
  readonly #index: KeyIndex;
  #bytes = 0;
  #end: Ticks = ticks(0);

  constructor(start: MuxerStart) {
    this.#start = start;
    const { tracks, metadata, keyPoints } = start;
    const full = viewerMetadata({ tracks, metadata });
    const isLong = flvMetadataRoom(full, 0) > MAX_METADATA_BYTES;
    this.#metadata = isLong ? viewerMetadata({ tracks, metadata: undefined }) : full;
    this.#room = flvMetadataRoom(this.#metadata, keyPoints);
    this.#index = new KeyIndex(keyPoints);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get seconds(): number {
    return secondsFromTicks(this.#end);
  }

  begin(): Buffer {
    const { video, audio } = this.#start.tracks;
    const parts = [
      flvFileHeader({ video: video !== undefined, audio: audio !== undefined }),
      flvFileMetadata(this.#metadata, this.#room),
      ...[video, audio].flatMap((track) => (track ? [flvFormat.configuration(track, ms(0))] : [])),
    ];
    const head = Buffer.concat(parts);
    this.#bytes = head.length;
    return head;
  }

  pack(frames: readonly Frame[]): Buffer {
    const { zero, tracks } = this.#start;
    const size = frames.reduce((sum, frame) => sum + flvFormat.measure(frame, ms(0)), 0);
    const out = Buffer.allocUnsafe(size);
    let at = 0;
    frames.forEach((frame, index) => {
      const time = ticks(frame.dts - zero);
      const isPoint = tracks.video ? frame.kind === 'video' && frame.startsGop : index === 0;
      if (isPoint) this.#index.add(time, this.#bytes + at);
      at = flvFormat.write(frame, msFromTicks(time), out, at);
    });
    this.#end = ticks(Math.max(this.#end, endOfFrames(frames) - zero));
    this.#bytes += size;
    return out;
  }

  finish(): readonly Patch[] {
    const facts = { seconds: this.seconds, bytes: this.#bytes };
    return [flvPatch({ ...facts, metadata: this.#metadata, room: this.#room, points: this.#index.points })];
  }
}

/** The file's first tag, with what is known at its end. */
export function flvPatch(facts: {
  readonly metadata: AmfObject;
  readonly room: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly points: readonly KeyPoint[];
}): Patch {
  const { metadata, room, seconds, bytes, points } = facts;
  const keyframes = {
    times: points.map(({ at }) => msFromTicks(at) / 1000),
    filepositions: points.map(({ position }) => position),
  };
  return { at: FLV_HEADER_BYTES, bytes: flvFileMetadata(metadata, room, { seconds, bytes, keyframes }) };
}
