import { InspectError } from './errors.ts';
import { TS_PACKET_BYTES } from './ts-packets.ts';

export type SourceKind = 'flv' | 'mpegts' | 'hls';

/** Enough to see three sync bytes wherever the first packet begins. */
const HEAD_BYTES = 3 * TS_PACKET_BYTES;
const SYNC_BYTE = 0x47;

/** What the first bytes are; undefined if more are needed. Throws {@link InspectError} for what we do not read. */
export function detectKind(head: Buffer, isAll: boolean, name: string): SourceKind | undefined {
  const text = head.toString('latin1', 0, 64);
  if (text.startsWith('FLV')) return 'flv';
  if (/^(\xef\xbb\xbf)?#EXTM3U/.test(text)) return 'hls';
  if (head.length < HEAD_BYTES && !isAll) return undefined;
  if (isTransportStream(head)) return 'mpegts';
  if (head.length === 0) throw new InspectError('NOT_MEDIA', `${name} is empty`);
  const other = otherFormat(head, text);
  if (other.media)
    throw new InspectError('FORMAT', `${name} is ${other.name}; inspect reads FLV, MPEG-TS and HLS`);
  throw new InspectError('NOT_MEDIA', `${name} is ${other.name}, not FLV, MPEG-TS or HLS`);
}

function isTransportStream(head: Buffer): boolean {
  for (let at = 0; at < TS_PACKET_BYTES && at < head.length; at++) {
    let isSync = true;
    for (let sync = at; sync < Math.min(head.length, HEAD_BYTES); sync += TS_PACKET_BYTES) {
      isSync &&= head[sync] === SYNC_BYTE;
    }
    // A lone G further back is only a letter.
    if (isSync && (at === 0 ? head.length >= TS_PACKET_BYTES : head.length - at > 2 * TS_PACKET_BYTES))
      return true;
  }
  return false;
}

function otherFormat(head: Buffer, text: string): { readonly name: string; readonly media: boolean } {
  if (/^(ftyp|styp|moof|moov|sidx|mdat)$/.test(text.slice(4, 8))) return { name: 'MP4', media: true };
  if (text.startsWith('\x1aE\xdf\xa3')) return { name: 'Matroska or WebM', media: true };
  if (text.startsWith('ID3')) return { name: 'audio with an ID3 tag (MP3 or AAC)', media: true };
  if (head[0] === 0xff && (head[1]! & 0xf6) === 0xf0) return { name: 'bare AAC (ADTS)', media: true };
  if (text.startsWith('RIFF')) return { name: 'RIFF (WAV or AVI)', media: true };
  if (text.startsWith('OggS')) return { name: 'Ogg', media: true };
  if (/^\s*<(!doctype|html)/i.test(text)) return { name: 'an HTML page', media: false };
  if (/^\s*[[{]/.test(text)) return { name: 'JSON or the like', media: false };
  return { name: 'something unknown', media: false };
}
