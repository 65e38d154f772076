import { clocked } from '../../outputs/flv/clocked.ts';
import { flvFormat } from '../../outputs/flv/flv-format.ts';
import type { Rendition } from '../../stream/rendition.ts';
import type { TrackWish } from '../../stream/renditions.ts';
import type { WireFormat } from '../../stream/wire-format.ts';
import { codecWish } from '../codec-wish.ts';
import { trackWish } from '../track-wish.ts';
import { codecsAsked } from './codecs-asked.ts';
import { startsAtLastKeyFrame, waitMs, type Query } from './media-url.ts';

/** What a viewer of FLV, over HTTP or WebSocket, has asked for in its address. */
export interface FlvWish {
  /** ms. */
  readonly wait: number;
  readonly fromGop: boolean;
  readonly track: TrackWish | undefined;
  readonly query: Query;
}

/** A text says what is wrong. */
export function flvWish(query: Query): FlvWish | string {
  const track = trackWish(query);
  if (typeof track === 'string') return track;
  const codecs = codecWish(query);
  if (typeof codecs === 'string') return codecs;
  return { wait: waitMs(query), fromGop: startsAtLastKeyFrame(query), track, query };
}

const CLOCKED = clocked(flvFormat);

/** How it is given a rendition; a text says why it cannot be. */
export function flvFor(rendition: Rendition, { query }: FlvWish): WireFormat | string {
  const format = codecsAsked(query, rendition);
  if (typeof format === 'string' || query.get('clock') !== '1') return format;
  return format === flvFormat ? CLOCKED : clocked(format);
}
