import { flvFormat, flvFormatOf } from '../../outputs/flv/flv-format.ts';
import { leftOut, NOT_LISTED } from '../../outputs/flv/left-out.ts';
import { UNTAILORED } from '../../outputs/flv/tailoring.ts';
import type { Rendition } from '../../stream/rendition.ts';
import type { WireFormat } from '../../stream/wire-format.ts';
import { codecWish, tailoringFor } from '../codec-wish.ts';
import { ALL_TRACKS, trackWish } from '../track-wish.ts';
import type { Query } from './media-url.ts';

/**
 * FLV as a viewer asks for it by `?codecs=` and `?hevc=`: viewers of HTTP and WebSocket cannot announce what they play, and get
 * everything if they do not say. A text says why it cannot be given anything.
 */
export function codecsAsked(
  query: Query,
  show: Pick<Rendition, 'facts' | 'isComplete'>,
): WireFormat | string {
  const wish = codecWish(query);
  if (typeof wish === 'string') return wish;
  const tailoring = tailoringFor(wish);
  const isAll = trackWish(query) === ALL_TRACKS;
  if (tailoring === UNTAILORED && !isAll) return flvFormat;
  const left = show.isComplete ? leftOut(show.facts.tracks, tailoring, NOT_LISTED) : undefined;
  if (left?.isAll === true) return left.text;
  return flvFormatOf(isAll ? tailoring.withAllTracks() : tailoring);
}

/**
 * Calls back once if the publisher changes to a codec that the viewer has not named, with what it is not given any more, in words. A
 * viewer that has begun with a picture and no sound goes on so. The returned function stops that.
 */
export function whenUnfit(query: Query, show: Rendition, callback: (text: string) => void): () => void {
  const wish = codecWish(query);
  if (typeof wish === 'string' || wish.codecs === undefined || wish.codecs === 'any') return () => undefined;
  const tailoring = tailoringFor(wish);
  let known: string | undefined;
  let isKnown = false;
  const look = (): void => {
    if (!show.isComplete) return;
    const left = leftOut(show.facts.tracks, tailoring, NOT_LISTED);
    const isWorse = left !== undefined && (left.isAll || (isKnown && left.text !== known));
    known = left?.text;
    isKnown = true;
    if (!isWorse) return;
    stop();
    callback(left.text);
  };
  const stop = show.whenTracksChange(look);
  look();
  return stop;
}
