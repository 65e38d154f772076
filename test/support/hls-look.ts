import type { TestGateway } from './gateway.ts';

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

export async function lookAtHls(test: TestGateway, path: string): Promise<HlsLook> {
  const response = await fetch(`${test.http}/${path}/media.m3u8`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} for ${path}/media.m3u8: ${text}`);
  return {
    text,
    sequence: Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]),
    names: text.split('\n').filter((line) => line.endsWith('.ts')),
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
