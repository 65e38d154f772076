import { encodeAmf0 } from '../../amf/amf0-writer.ts';
import { flvFileHeader } from '../../containers/flv/file-header.ts';
import { frameTagType } from '../../containers/flv/frame-body.ts';
import {
  TAG_AUDIO,
  TAG_SCRIPT,
  TAG_VIDEO,
  tagBytes,
  writeTag,
  type TagType,
} from '../../containers/flv/tag.ts';
import type { Frame } from '../../media/frame.ts';
import { ms, type Ms } from '../../media/time.ts';
import type { Track } from '../../media/track.ts';
import type { StreamFacts, WireFormat } from '../../stream/wire-format.ts';
import { viewerMetadata } from './metadata.ts';
import { UNTAILORED, type Tailoring } from './tailoring.ts';
import { WEBSOCKET_HEADROOM } from './websocket-frame.ts';

const EMPTY = new Uint8Array(0);
const NOTHING = Buffer.alloc(0);

function tag(type: TagType, timestamp: Ms, head: Uint8Array, payload: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(tagBytes(head.length + payload.length));
  writeTag(out, 0, { type, timestamp, head, payload });
  return out;
}

/** FLV for HTTP and WebSocket viewers alike: the same bytes, with room for a WebSocket frame's header in front. */
export function flvFormatOf(tailoring: Tailoring): WireFormat {
  const metadata = (facts: StreamFacts, at: Ms): Buffer =>
    tag(TAG_SCRIPT, at, EMPTY, encodeAmf0('onMetaData', viewerMetadata(facts, tailoring)));
  return {
    id: `flv${tailoring.id}`,
    headroom: WEBSOCKET_HEADROOM,

    wants: (frame: Frame) => tailoring.wants(frame),

    header(facts: StreamFacts): Buffer {
      const { video, audio } = tailoring.tracks(facts.tracks);
      const file = flvFileHeader({ video: video !== undefined, audio: audio !== undefined });
      return Buffer.concat([file, metadata(facts, ms(0))]);
    },

    metadata,

    configuration(track: Track, at: Ms): Buffer {
      const head = tailoring.configurationHead(track);
      if (!head) return NOTHING;
      return tag(track.kind === 'video' ? TAG_VIDEO : TAG_AUDIO, at, head, track.config);
    },

    measure: (frame: Frame) => tagBytes(tailoring.frameHead(frame).length + frame.payload.length),

    write(frame: Frame, at: Ms, out: Buffer, offset: number): number {
      const head = tailoring.frameHead(frame);
      return writeTag(out, offset, {
        type: frameTagType(frame),
        timestamp: at,
        head,
        payload: frame.payload,
      });
    },
  };
}

/** For all who have not said what they can use. */
export const flvFormat: WireFormat = flvFormatOf(UNTAILORED);
