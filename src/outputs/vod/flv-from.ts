import { encodeAmf0 } from '../../amf/amf0-writer.ts';
import { AmfObject } from '../../amf/value.ts';
import { readTagHeader, TAG_SCRIPT, tagBytes, writeTag, writeTagHeader } from '../../containers/flv/tag.ts';
import { msFromTicks, ticksFromSeconds, type Ms } from '../../media/time.ts';
import type { KeyPoint } from '../recorder/key-index.ts';
import { pointAt } from './segments.ts';
import type { FlvIndex } from './vod-index.ts';

export interface FlvFrom {
  /** Header, metadata and configurations, to be sent in front. */
  readonly head: Buffer;
  /** From here on the file's own bytes, up to {@link FlvIndex.bytes}. */
  readonly position: number;
}

/**
 * A recording from the key frame at or before `start`, as `?start=` asks for it; undefined beyond its end.
 *
 * `start` is in seconds. Players that look the place up in the file's own index send its byte position instead, as for nginx's
 * flv module and SRS: what is more than the recording's seconds, and lies in the file, is taken for that.
 *
 * Times stay those of the file, as both of these servers leave them: players that ask this way know the file's duration and
 * index, and show where in the file they are by the times in it (those who count from 0, such as mpegts.js, take the
 * first time they see as their 0 anyway).
 */
export function flvFrom(index: FlvIndex, start: number): FlvFrom | undefined {
  const point = pointFor(index, start);
  if (!point) return undefined;
  return { head: headAt(index, msFromTicks(point.at)), position: point.position };
}

function pointFor(index: FlvIndex, start: number): KeyPoint | undefined {
  if (start <= index.seconds) return pointAt(index.points, ({ at }) => at, ticksFromSeconds(start));
  if (!Number.isInteger(start) || start >= index.bytes || start < index.points[0]!.position) return undefined;
  return pointAt(index.points, ({ position }) => position, start);
}

function headAt({ header, metadata, configurations }: FlvIndex, at: Ms): Buffer {
  const said = encodeAmf0('onMetaData', withoutPlaces(metadata));
  const script = Buffer.alloc(tagBytes(said.length));
  writeTag(script, 0, { type: TAG_SCRIPT, timestamp: at, head: said, payload: new Uint8Array(0) });
  const own = Buffer.from(configurations);
  for (let from = 0; from < own.length;) {
    const tag = readTagHeader(own, from);
    writeTagHeader(own, from, { ...tag, timestamp: at });
    from += tagBytes(tag.size);
  }
  return Buffer.concat([header, script, own]);
}

/** The bytes stand elsewhere than in the file, so it has no index any more. */
function withoutPlaces(metadata: AmfObject): AmfObject {
  const values = new Map(metadata);
  for (const name of ['filesize', 'keyframes', 'lastkeyframelocation']) values.delete(name);
  values.set('hasKeyframes', false);
  return new AmfObject(values, 'ecma-array');
}
