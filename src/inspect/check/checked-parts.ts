import { InspectError } from '../errors.ts';
import { resolve, type ListedPart, type LowLatencyFacts } from '../playlist.ts';
import type { ByteRange } from '../source.ts';
import { readAttributes, unquoted } from './attributes.ts';
import type { PlaylistLine } from './lines.ts';

/** EXT-X-PART: RFC 8216bis §4.4.4.9. */
export interface CheckedPart extends ListedPart {
  readonly url: URL;
  readonly range?: ByteRange | undefined;
  readonly gap: boolean;
}

/** EXT-X-PRELOAD-HINT: §4.4.5.3. */
export interface PreloadHint {
  readonly type: string;
  readonly uri: string;
  readonly url: URL;
  readonly start: number;
}

/** EXT-X-RENDITION-REPORT: §4.4.5.4. */
export interface RenditionReport {
  readonly url: URL;
  readonly lastMsn: number | undefined;
  readonly lastPart: number | undefined;
}

export interface CheckedLowLatency extends LowLatencyFacts {
  /** EXT-X-SERVER-CONTROL as it is written; undefined: there is none. */
  readonly control: string | undefined;
  readonly hasPartInf: boolean;
  /** Of parts, the first. */
  readonly hint: PreloadHint | undefined;
  readonly renditionReports: readonly RenditionReport[];
}

export const sumOf = (parts: readonly ListedPart[]): number =>
  parts.reduce((sum, { seconds }) => sum + seconds, 0);

/** Undefined if it is no part that could be fetched. Throws InspectError for a URI that cannot be one. */
export function partOf(
  attributes: string,
  base: URL,
  last: CheckedPart | undefined,
): CheckedPart | undefined {
  const { values } = readAttributes(attributes);
  const uri = unquoted(values.get('URI'));
  if (uri === undefined) return undefined;
  return {
    uri,
    url: resolve(uri, base),
    seconds: numberOf(values, 'DURATION') ?? 0,
    independent: values.get('INDEPENDENT') === 'YES',
    gap: values.get('GAP') === 'YES',
    range: rangeOf(unquoted(values.get('BYTERANGE')), last?.uri === uri ? last.range : undefined),
  };
}

/** Without an offset, the range begins where the one before ended: RFC 8216 §4.3.2.2. */
export function rangeOf(text: string | undefined, last: ByteRange | undefined): ByteRange | undefined {
  const match = /^(\d{1,15})(?:@(\d{1,15}))?$/.exec(text ?? '');
  if (!match) return undefined;
  const offset = match[2] === undefined ? (last ? last.offset + last.length : 0) : Number(match[2]);
  return { offset, length: Number(match[1]) };
}

/** SKIPPED-SEGMENTS of EXT-X-SKIP: §4.4.5.2. */
export function skippedBy(attributes: string): number {
  return numberOf(readAttributes(attributes).values, 'SKIPPED-SEGMENTS') ?? 0;
}

/** Undefined if there is nothing of low latency in it. */
export function readLowLatency(
  lines: readonly PlaylistLine[],
  { url, parts }: { readonly url: URL; readonly parts: readonly CheckedPart[] },
): CheckedLowLatency | undefined {
  const all = (name: string): string[] =>
    lines.flatMap((line) => (line.kind === 'tag' && line.name === name ? [line.value] : []));
  const [control] = all('EXT-X-SERVER-CONTROL');
  const [partInf] = all('EXT-X-PART-INF');
  const hint = all('EXT-X-PRELOAD-HINT')
    .map((value) => hintOf(value, url))
    .find((one) => one?.type === 'PART');
  const reports = all('EXT-X-RENDITION-REPORT')
    .map((value) => reportOf(value, url))
    .filter((one) => one !== undefined);
  if (parts.length === 0 && control === undefined && partInf === undefined && !hint) return undefined;
  const { values } = readAttributes(control ?? '');
  return {
    control,
    hasPartInf: partInf !== undefined,
    partTarget: numberOf(readAttributes(partInf ?? '').values, 'PART-TARGET'),
    partHoldBack: numberOf(values, 'PART-HOLD-BACK'),
    holdBack: numberOf(values, 'HOLD-BACK'),
    canSkipUntil: numberOf(values, 'CAN-SKIP-UNTIL'),
    canBlockReload: values.get('CAN-BLOCK-RELOAD') === 'YES',
    parts,
    hint,
    hasHint: hint !== undefined,
    reports: reports.length,
    renditionReports: reports,
  };
}

/** Undefined for what cannot be fetched: nobody asks for it then. */
function fetchable(uri: string, base: URL): URL | undefined {
  try {
    return resolve(uri, base);
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}

function hintOf(attributes: string, base: URL): PreloadHint | undefined {
  const { values } = readAttributes(attributes);
  const uri = unquoted(values.get('URI'));
  const url = uri === undefined ? undefined : fetchable(uri, base);
  if (uri === undefined || !url) return undefined;
  const start = numberOf(values, 'BYTERANGE-START') ?? 0;
  return { type: values.get('TYPE') ?? '', uri, url, start };
}

function reportOf(attributes: string, base: URL): RenditionReport | undefined {
  const { values } = readAttributes(attributes);
  const uri = unquoted(values.get('URI'));
  const url = uri === undefined ? undefined : fetchable(uri, base);
  if (!url) return undefined;
  return {
    url,
    lastMsn: numberOf(values, 'LAST-MSN'),
    lastPart: numberOf(values, 'LAST-PART'),
  };
}

function numberOf(values: ReadonlyMap<string, string>, name: string): number | undefined {
  const value = Number(values.get(name) ?? NaN);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
