import { flvFormat, flvFormatOf } from '../../outputs/flv/flv-format.ts';
import { leftOut, NOT_LISTED } from '../../outputs/flv/left-out.ts';
import { UNTAILORED } from '../../outputs/flv/tailoring.ts';
import type { Stream } from '../../stream/stream.ts';
import type { WireFormat } from '../../stream/wire-format.ts';
import { codecWish, tailoringFor } from '../codec-wish.ts';
import type { Query } from './media-url.ts';

/**
 * FLV as a viewer asks for it by `?codecs=` and `?hevc=`: viewers of HTTP and WebSocket cannot announce what they play, and get
 * everything if they do not say. A text says why it cannot be given anything.
 */
export function codecsAsked(query: Query, stream: Pick<Stream, 'facts'> | undefined): WireFormat | string {
  const wish = codecWish(query);
  if (typeof wish === 'string') return wish;
  const tailoring = tailoringFor(wish);
  if (tailoring === UNTAILORED) return flvFormat;
  const left = stream && leftOut(stream.facts.tracks, tailoring, NOT_LISTED);
  return left?.isAll === true ? left.text : flvFormatOf(tailoring);
}
