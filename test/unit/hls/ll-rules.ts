import assert from 'node:assert/strict';
import type { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { media } from './harness.ts';

export interface ReadPart {
  readonly uri: string;
  readonly seconds: number;
  readonly independent: boolean;
}

export interface ReadSegment {
  readonly sequence: number;
  readonly uri: string | undefined;
  readonly seconds: number | undefined;
  readonly map: string | undefined;
  readonly discontinuity: boolean;
  readonly at: number;
  readonly parts: readonly ReadPart[];
}

export interface ReadLowLatency {
  readonly text: string;
  readonly version: number;
  readonly targetDuration: number;
  readonly partTarget: number;
  /** EXT-X-SERVER-CONTROL and EXT-X-PART-INF. */
  readonly constants: string;
  readonly control: ReadonlyMap<string, string>;
  readonly skipped: number;
  /** The last one may have no address yet. */
  readonly segments: readonly ReadSegment[];
  readonly hint: string | undefined;
  readonly ended: boolean;
}

const attribute = (line: string, name: string): string | undefined =>
  new RegExp(`[:,]${name}=("[^"]*"|[^,]*)`).exec(line)?.[1]?.replaceAll('"', '');

/** Reads a low-latency playlist back by eyes of its own. */
export function readLowLatency(text: string): ReadLowLatency {
  const lines = text.split('\n');
  const line = (tag: string): string => lines.find((one) => one.startsWith(`#${tag}:`)) ?? '';
  const value = (tag: string): number => Number(line(tag).slice(tag.length + 2));
  const skipped = Number(attribute(line('EXT-X-SKIP'), 'SKIPPED-SEGMENTS') ?? 0);
  const segments: ReadSegment[] = [];
  let sequence = value('EXT-X-MEDIA-SEQUENCE') + skipped;
  let map: string | undefined;
  let [seconds, at, discontinuity, parts]: [number | undefined, number, boolean, ReadPart[]] = [
    undefined,
    0,
    false,
    [],
  ];
  const push = (uri: string | undefined): void => {
    segments.push({ sequence: sequence++, uri, seconds, map, discontinuity, at, parts });
    [seconds, at, discontinuity, parts] = [undefined, 0, false, []];
  };
  for (const one of lines) {
    if (one === '#EXT-X-DISCONTINUITY') discontinuity = true;
    else if (one.startsWith('#EXT-X-MAP:')) map = attribute(one, 'URI');
    else if (one.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) at = Date.parse(one.slice(25));
    else if (one.startsWith('#EXTINF:')) seconds = Number(one.slice(8, -1));
    else if (one.startsWith('#EXT-X-PART:'))
      parts.push({
        uri: attribute(one, 'URI') ?? '',
        seconds: Number(attribute(one, 'DURATION')),
        independent: attribute(one, 'INDEPENDENT') === 'YES',
      });
    else if (one !== '' && !one.startsWith('#')) push(one);
  }
  if (parts.length > 0) push(undefined);
  const control = line('EXT-X-SERVER-CONTROL');
  return {
    text,
    version: value('EXT-X-VERSION'),
    targetDuration: value('EXT-X-TARGETDURATION'),
    partTarget: Number(attribute(line('EXT-X-PART-INF'), 'PART-TARGET')),
    constants: `${control}\n${line('EXT-X-PART-INF')}`,
    control: new Map([...control.matchAll(/[:,]([A-Z-]+)=([^,]+)/g)].map((match) => [match[1]!, match[2]!])),
    skipped,
    segments,
    hint: attribute(line('EXT-X-PRELOAD-HINT'), 'URI'),
    ended: lines.includes('#EXT-X-ENDLIST'),
  };
}

const NEARLY = 1e-6;

/** One playlist by itself, as RFC 8216bis has it. */
export function assertLowLatency(read: ReadLowLatency): void {
  const { targetDuration, partTarget, control, segments } = read;
  assert.equal(read.version, 9, 'EXT-X-VERSION');
  assert.equal(control.get('CAN-BLOCK-RELOAD'), 'YES', 'CAN-BLOCK-RELOAD');
  assert.ok(Number(control.get('PART-HOLD-BACK')) >= 3 * partTarget - NEARLY, 'PART-HOLD-BACK');
  assert.ok(Number(control.get('HOLD-BACK')) >= 3 * targetDuration, 'HOLD-BACK');
  assert.ok(Number(control.get('CAN-SKIP-UNTIL')) >= 6 * targetDuration, 'CAN-SKIP-UNTIL');
  assert.ok(partTarget > 0 && partTarget <= targetDuration, `PART-TARGET ${partTarget}`);
  for (const { sequence, seconds, parts, uri } of segments) {
    const where = `segment ${sequence}`;
    for (const [index, part] of parts.entries()) {
      assert.ok(
        part.seconds <= partTarget + NEARLY,
        `${where}: part ${index} lasts ${part.seconds} of ${partTarget}`,
      );
      const isLast = uri !== undefined && index === parts.length - 1;
      if (!isLast)
        assert.ok(
          part.seconds >= 0.85 * partTarget - 2e-5,
          `${where}: part ${index} lasts only ${part.seconds} of ${partTarget}`,
        );
    }
    if (seconds === undefined) continue;
    assert.ok(Math.round(seconds) <= targetDuration, `${where}: ${seconds} of ${targetDuration}`);
    const sum = parts.reduce((total, part) => total + part.seconds, 0);
    if (parts.length > 0)
      assert.ok(Math.abs(sum - seconds) < 1e-4 * parts.length, `${where}: parts ${sum} of ${seconds}`);
  }
  let fromEnd = 0;
  for (const { seconds, parts, sequence } of segments.toReversed()) {
    fromEnd += seconds ?? parts.reduce((sum, part) => sum + part.seconds, 0);
    if (fromEnd - (parts[0]?.seconds ?? 0) > 3 * targetDuration)
      assert.deepEqual(parts, [], `segment ${sequence}: parts ${fromEnd} s from the end`);
  }
}

/** Looks at a playlist whenever it may have changed: what it has said stays said, and what it promises comes. */
export class LowLatencyWatch {
  readonly #hls: HlsOutput;
  readonly #known = new Map<string, string>();
  #constants: string | undefined;
  #text = '';
  #hint: string | undefined;
  changes = 0;

  constructor(hls: HlsOutput) {
    this.#hls = hls;
  }

  look(): ReadLowLatency | undefined {
    const text = media(this.#hls)?.bytes.toString();
    if (text === undefined) return undefined;
    const read = readLowLatency(text);
    if (text === this.#text) return read;
    this.changes++;
    this.#text = text;
    assertLowLatency(read);
    const constants = `${read.constants}\n${read.targetDuration}`;
    this.#constants ??= constants;
    assert.equal(constants, this.#constants, 'constants for the life of the playlist');
    for (const segment of read.segments) {
      if (segment.uri !== undefined)
        this.#same(
          segment.uri,
          JSON.stringify([segment.seconds, segment.map, segment.discontinuity, segment.at]),
        );
      for (const part of segment.parts) this.#same(part.uri, JSON.stringify(part));
      for (const uri of [segment.map, ...segment.parts.map((part) => part.uri)])
        if (uri !== undefined) assert.ok(this.#hls.file(uri), `${uri} is listed and cannot be fetched`);
    }
    const parts = read.segments.flatMap((segment) => segment.parts.map((part) => part.uri));
    if (this.#hint !== undefined && this.#hint !== read.hint && !read.ended)
      assert.ok(parts.includes(this.#hint) || this.#hls.file(this.#hint), `${this.#hint} was promised`);
    if (read.hint !== undefined) this.#hint = read.hint;
    return read;
  }

  #same(uri: string, said: string): void {
    assert.equal(said, this.#known.get(uri) ?? said, `${uri} is something else now`);
    this.#known.set(uri, said);
  }
}
