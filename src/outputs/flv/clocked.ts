import { encodeAmf0 } from '../../amf/amf0-writer.ts';
import { AmfObject } from '../../amf/value.ts';
import { TAG_SCRIPT, tagBytes, writeTag } from '../../containers/flv/tag.ts';
import type { Ms } from '../../media/time.ts';
import type { WireFormat } from '../../stream/wire-format.ts';

const EMPTY = new Uint8Array(0);

/**
 * FLV with a script tag `onClock { wallClock }` in front of each key frame, or once a second where there is only sound: when
 * the frame of the same timestamp came in, in ms since 1970. A player can tell from it how late it is.
 */
export function clocked(format: WireFormat): WireFormat {
  return {
    ...format,
    id: `${format.id}/clock`,
    clock(arrivedAt: number, at: Ms): Buffer {
      const payload = encodeAmf0('onClock', AmfObject.of({ wallClock: arrivedAt }));
      const out = Buffer.allocUnsafe(tagBytes(payload.length));
      writeTag(out, 0, { type: TAG_SCRIPT, timestamp: at, head: EMPTY, payload });
      return out;
    },
  };
}
