import { InspectError } from '../errors.ts';
import type { MapInForce, Maps } from '../maps.ts';
import type { CheckedSegment } from './checked-playlist.ts';
import { mapBreaches } from './map-rules.ts';
import type { Breach } from './rules.ts';
import { isMp4, SYNC_BYTE } from './segment-answer.ts';

interface MapForOptions {
  readonly maps: Maps;
  readonly tell: (breaches: readonly Breach[]) => void;
  readonly signal: AbortSignal;
}

/** What a segment of MP4 is read with; undefined for MPEG-TS, which needs none. What is wrong with it is told once. */
export async function mapFor(
  { map, sequence }: CheckedSegment,
  bytes: Buffer,
  { maps, tell, signal }: MapForOptions,
): Promise<MapInForce | 'unusable' | undefined> {
  if (bytes[0] === SYNC_BYTE || (!map && !isMp4(bytes))) return undefined;
  if (!map) {
    const message = 'the segment is MP4, and no EXT-X-MAP says where its initialization section is';
    tell([{ code: 'no-map', message, segment: sequence }]);
    return 'unusable';
  }
  const isNew = !maps.knows(map);
  try {
    const looked = await maps.get(map, signal);
    if (isNew) tell(mapBreaches(looked, sequence));
    return 'init' in looked ? looked : 'unusable';
  } catch (error) {
    if (error instanceof InspectError) return 'unusable'; // stopped
    throw error;
  }
}
