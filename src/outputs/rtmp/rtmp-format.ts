import { encodeAmf0 } from '../../amf/amf0-writer.ts';
import { frameTagType } from '../../containers/flv/frame-body.ts';
import { TAG_AUDIO, TAG_VIDEO, type TagType } from '../../containers/flv/tag.ts';
import type { Frame } from '../../media/frame.ts';
import { ms, type Ms } from '../../media/time.ts';
import type { Track } from '../../media/track.ts';
import { measureMessage, writeMessage } from '../../protocols/rtmp/chunk-writer.ts';
import { ChunkStreamId, MessageType } from '../../protocols/rtmp/message.ts';
import type { StreamFacts, WireFormat } from '../../stream/wire-format.ts';
import { viewerMetadata } from '../flv/metadata.ts';
import { UNTAILORED, type Tailoring } from '../flv/tailoring.ts';

/** What a player has asked for with receiveAudio and receiveVideo. */
export interface RtmpSelection {
  readonly audio: boolean;
  readonly video: boolean;
  /** What it can use; by default everything. */
  readonly tailoring?: Tailoring | undefined;
}

const EMPTY = new Uint8Array(0);
const NOTHING = Buffer.alloc(0);

const CHUNK_STREAM: Readonly<Record<TagType, number>> = {
  [TAG_AUDIO]: ChunkStreamId.audio,
  [TAG_VIDEO]: ChunkStreamId.video,
  [MessageType.data]: ChunkStreamId.data,
};

/**
 * RTMP messages as chunks. Players share their bytes if they use the same message stream id (nearly all use 1), the
 * same chunk size and the same selection.
 */
export function rtmpFormat(streamId: number, chunkSize: number, selection: RtmpSelection): WireFormat {
  const { tailoring = UNTAILORED } = selection;
  const headerOf = (type: TagType, timestamp: Ms) => ({
    chunkStreamId: CHUNK_STREAM[type],
    type,
    streamId,
    timestamp,
  });
  const message = (type: TagType, timestamp: Ms, head: Uint8Array, payload: Uint8Array): Buffer => {
    const out = Buffer.allocUnsafe(measureMessage(head.length + payload.length, timestamp, chunkSize));
    writeMessage(out, 0, headerOf(type, timestamp), head, payload, chunkSize);
    return out;
  };
  const metadata = (facts: StreamFacts, at: Ms): Buffer =>
    message(
      MessageType.data,
      at,
      EMPTY,
      encodeAmf0('onMetaData', viewerMetadata(selected(facts, selection), tailoring)),
    );
  return {
    id: `rtmp/${streamId}/${chunkSize}/${selection.audio ? 'a' : ''}${selection.video ? 'v' : ''}${tailoring.id}`,
    headroom: 0,

    wants: (frame: Frame) => frame.kind === 'data' || (selection[frame.kind] && tailoring.wants(frame)),

    header: (facts: StreamFacts) => metadata(facts, ms(0)),

    metadata,

    configuration: (track: Track, at: Ms) => {
      const head = tailoring.configurationHead(track);
      if (!head) return NOTHING;
      const header = message(track.kind === 'video' ? TAG_VIDEO : TAG_AUDIO, at, head, track.config);
      const color = tailoring.colorBody(track);
      return color ? Buffer.concat([header, message(TAG_VIDEO, at, color, EMPTY)]) : header;
    },

    ending: (track: Track, at: Ms) => {
      const body = tailoring.endBody(track);
      return body && message(track.kind === 'video' ? TAG_VIDEO : TAG_AUDIO, at, body, EMPTY);
    },

    measure: (frame: Frame, at: Ms) =>
      measureMessage(tailoring.frameHead(frame).length + frame.payload.length, at, chunkSize),

    write: (frame: Frame, at: Ms, out: Buffer, offset: number) =>
      writeMessage(
        out,
        offset,
        headerOf(frameTagType(frame), at),
        tailoring.frameHead(frame),
        frame.payload,
        chunkSize,
      ),
  };
}

/** A player who wants no picture is told of none. */
function selected({ tracks, metadata }: StreamFacts, selection: RtmpSelection): StreamFacts {
  const { video, audio } = tracks;
  return {
    metadata,
    tracks: { ...(video && selection.video && { video }), ...(audio && selection.audio && { audio }) },
  };
}
