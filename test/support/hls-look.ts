import type { TestGateway } from './gateway.ts';
import { stopwatch } from './stopwatch.ts';

/** A media playlist as it is now. */
export interface HlsLook {
  readonly text: string;
  readonly sequence: number;
  readonly names: readonly string[];
  /** Seconds. */
  readonly durations: readonly number[];
  readonly discontinuities: number;
  readonly ended: boolean;
}

/** @param file which of the stream's media playlists: by default the main one, in the stream's own container */
export async function lookAtHls(test: TestGateway, path: string, file = 'media.m3u8'): Promise<HlsLook> {
  const response = await fetch(`${test.http}/${path}/${file}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} for ${path}/${file}: ${text}`);
  return readLook(text);
}

function readLook(text: string): HlsLook {
  return {
    text,
    sequence: Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]),
    names: text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    durations: [...text.matchAll(/#EXTINF:([\d.]+)/g)].map((match) => Number(match[1])),
    discontinuities: text.match(/^#EXT-X-DISCONTINUITY$/gm)?.length ?? 0,
    ended: text.includes('#EXT-X-ENDLIST'),
  };
}

export async function fetchSegment(test: TestGateway, path: string, name: string): Promise<Buffer> {
  const response = await fetch(`${test.http}/${path}/${name}`);
  if (!response.ok) throw new Error(`${response.status} for ${path}/${name}`);
  return Buffer.from(await response.arrayBuffer());
}

/** A part as its line tells. */
export interface PartLook {
  readonly uri: string;
  /** Seconds. */
  readonly duration: number;
  readonly independent: boolean;
}

/** A media playlist of low latency (RFC 8216bis) as it is now, delta updates apart. */
export interface LowLatencyLook extends HlsLook {
  readonly targetDuration: number;
  readonly partTarget: number;
  /** Of the newest whole segment. */
  readonly msn: number;
  /** By their segment's file name; those of the segment that is not whole are {@link running}. */
  readonly parts: ReadonlyMap<string, readonly PartLook[]>;
  readonly running: readonly PartLook[];
  readonly hint: string | undefined;
  /** The last EXT-X-MAP's. */
  readonly init: string | undefined;
  /** When the last frame that is in it was begun to be shown by the encoder's clock, ms since 1970. */
  readonly edge: number;
}

export function lookAtLowLatency(text: string): LowLatencyLook {
  const look = readLook(text);
  const parts = new Map<string, PartLook[]>();
  let running: PartLook[] = [];
  let edge = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) edge = Date.parse(line.slice(25));
    else if (line.startsWith('#EXT-X-PART:')) running.push(readPart(line));
    else if (line.startsWith('#EXTINF:')) edge += Number(/[\d.]+/.exec(line)![0]) * 1000;
    else if (line !== '' && !line.startsWith('#')) {
      parts.set(line, running);
      running = [];
    }
  }
  for (const { duration } of running) edge += duration * 1000;
  return {
    ...look,
    ...{ parts, running, edge },
    targetDuration: Number(/#EXT-X-TARGETDURATION:(\d+)/.exec(text)?.[1]),
    partTarget: Number(/PART-TARGET=([\d.]+)/.exec(text)?.[1]),
    msn: look.sequence + look.names.length - 1,
    hint: /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(text)?.[1],
    init: [...text.matchAll(/#EXT-X-MAP:URI="([^"]+)"/g)].at(-1)?.[1],
  };
}

function readPart(line: string): PartLook {
  return {
    uri: /URI="([^"]+)"/.exec(line)![1]!,
    duration: Number(/DURATION=([\d.]+)/.exec(line)![1]),
    independent: line.includes('INDEPENDENT=YES'),
  };
}

/** The next part that a playlist does not have yet. */
export function nextPart(look: LowLatencyLook): { readonly msn: number; readonly part: number } {
  return { msn: look.msn + 1, part: look.running.length };
}

export interface Reload {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** How long it took by the {@link stopwatch}, ms. */
  readonly ms: number;
}

/** Asks for a media playlist with any parameters. */
export async function reload(test: TestGateway, path: string, query = ''): Promise<Reload> {
  const elapsed = stopwatch();
  const response = await fetch(`${test.http}/${path}/media.m3u8${query && `?${query}`}`);
  const text = await response.text();
  return { status: response.status, text, headers: response.headers, ms: elapsed() };
}

/** Asks for a part to come, as a player does. */
export async function reloadAt(
  test: TestGateway,
  path: string,
  { msn, part }: { readonly msn: number; readonly part: number },
): Promise<LowLatencyLook> {
  const { status, text } = await reload(test, path, `_HLS_msn=${msn}&_HLS_part=${part}`);
  if (status !== 200) throw new Error(`${status} for part ${part} of ${msn}: ${text}`);
  return lookAtLowLatency(text);
}
