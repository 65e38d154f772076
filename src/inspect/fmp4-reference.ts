import type { FoundBox } from '../containers/fmp4/reader.ts';

/** A producer reference time: ISO/IEC 14496-12 §8.16.5. */
export interface Reference {
  readonly trackId: number;
  /** ms since 1970. */
  readonly wallClock: number;
  /** In the track's units. */
  readonly mediaTime: number;
}

/** From 1900, where NTP begins, to 1970: RFC 5905 §6. */
const NTP_EPOCH_SECONDS = 2_208_988_800;
/** NTP's era 0 ends in 2036; seconds below this are taken for the next one's. */
const ERA_SECONDS = 2 ** 32;

/** When the media end that its last prft is about, ms since 1970; undefined without one. */
export function referenceEnd(look: {
  readonly references: readonly Reference[];
  readonly fragmented: ReadonlyMap<number, { readonly timescale: number; readonly end: number }>;
}): number | undefined {
  const last = look.references.at(-1);
  const track = last && look.fragmented.get(last.trackId);
  if (!track) return undefined;
  return last.wallClock + ((track.end - last.mediaTime) / track.timescale) * 1000;
}

/** The prft boxes among them. */
export function readReferences(boxes: readonly FoundBox[]): Reference[] {
  return boxes.flatMap(({ type, body }): Reference[] => {
    if (type !== 'prft' || body.length < 20) return [];
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
    const isLong = bytes[0] === 1;
    if (isLong && bytes.length < 24) return [];
    const seconds = bytes.readUInt32BE(8);
    const sinceEpoch = seconds - NTP_EPOCH_SECONDS + (seconds < NTP_EPOCH_SECONDS ? ERA_SECONDS : 0);
    return [
      {
        trackId: bytes.readUInt32BE(4),
        wallClock: (sinceEpoch + bytes.readUInt32BE(12) / 2 ** 32) * 1000,
        mediaTime: isLong ? Number(bytes.readBigUInt64BE(16)) : bytes.readUInt32BE(16),
      },
    ];
  });
}
