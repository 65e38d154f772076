import type { PlaylistReport } from './report-playlist.ts';
import type { TrackReport } from './report-media.ts';
import { fixed, wrap } from './text-table.ts';

/** Initialization sections, a line for each. */
export function movies({ maps = [] }: PlaylistReport): string[] {
  return maps.flatMap(({ uri, brands, tracks }) => {
    const all = tracks.map(({ trackId, entry, timescale }) => `track ${trackId} ${entry} at ${timescale} Hz`);
    return wrap('map       ', `${uri}: ${all.join(', ')}; brands ${brands.join(' ')}`);
  });
}

/** What a playlist offers of low latency, and how old its end was. */
export function latency({ lowLatency: found, delay }: PlaylistReport): string[] {
  const lines: string[] = [];
  if (found) {
    const { parts, shortestPartSeconds: shortest, longestPartSeconds: longest, independentParts } = found;
    const seconds = (name: string, value: number | undefined): string =>
      value === undefined ? '' : `${name} ${fixed(value)} s`;
    const facts = [
      seconds('part target', found.partTargetSeconds),
      seconds('part hold back', found.partHoldBackSeconds),
      seconds('hold back', found.holdBackSeconds),
      seconds('can skip until', found.canSkipUntilSeconds),
      found.canBlockReload ? 'blocking reload' : 'no blocking reload',
      shortest === undefined || longest === undefined
        ? 'no parts'
        : `${parts} parts of ${fixed(shortest)} to ${fixed(longest)} s, ${independentParts} independent`,
      found.preloadHint ? 'preload hint' : 'no preload hint',
      found.renditionReports > 0 ? `${found.renditionReports} rendition reports` : '',
    ];
    lines.push(...wrap('LL-HLS    ', facts.filter(Boolean).join('; ')));
  }
  const between = (what: string, range: { least: number; most: number } | undefined): string =>
    range ? `${what} ${fixed(range.least)} to ${fixed(range.most)} s old` : '';
  const delays = [
    between('the end of the playlist is', delay?.byDate),
    between('by prft the newest media are', delay?.byReference),
    delay?.atHoldBack === undefined ? '' : `players at the hold back are ${fixed(delay.atHoldBack)} s behind`,
  ].filter(Boolean);
  if (delays.length > 0) lines.push(...wrap('delay     ', `${delays.join('; ')} (by both clocks)`));
  return lines;
}

const PRIMARIES: Readonly<Record<number, string>> = {
  1: 'BT.709',
  5: 'BT.601',
  6: 'BT.601',
  9: 'BT.2020',
  12: 'P3',
};
const TRANSFERS: Readonly<Record<number, string>> = { 16: 'HDR (PQ)', 18: 'HDR (HLG)' };

/** How a track's picture is to be shown, where it says so. */
export function colors({ id, color }: TrackReport): string[] {
  if (!color) return [];
  const { primaries, transfer, matrix, fullRange, bitDepth, mastering, light } = color;
  const facts = [
    TRANSFERS[transfer] ?? 'SDR',
    `primaries ${PRIMARIES[primaries] ?? primaries}, transfer ${transfer}, matrix ${matrix}`,
    fullRange ? 'full range' : '',
    bitDepth === undefined ? '' : `${bitDepth} bits`,
    mastering ? `mastered at ${mastering.minLuminance} to ${mastering.maxLuminance} cd/m²` : '',
    light ? `MaxCLL ${light.maxCll}, MaxFALL ${light.maxFall} cd/m²` : '',
  ];
  return wrap('colour    ', `${id}: ${facts.filter(Boolean).join('; ')}`);
}
