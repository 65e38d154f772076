import type { TestContext } from 'node:test';
import { Parser } from 'm3u8-parser';
import { codedClip } from './coded-clips.ts';
import { EnhancedPublisher, trackOf, type EnhancedPublisherOptions } from './enhanced-publisher.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { rungClip } from './ladder-clips.ts';

/** A publisher of several tracks, on the air. */
export interface LadderStand {
  readonly gateway: TestGateway;
  readonly publisher: EnhancedPublisher;
}

/** Two pictures and two sounds. */
export async function ladderStand(
  context: TestContext,
  options: Pick<EnhancedPublisherOptions, 'multitrack' | 'speed'> = {},
): Promise<LadderStand> {
  const gateway = await startGateway({ hls: { segmentSeconds: 1 } });
  context.after(() => gateway.stop());
  const [big, small, aac, opus] = await Promise.all([
    rungClip({ height: 360, seconds: 3 }),
    rungClip({ height: 180, seconds: 3 }),
    codedClip('aac'),
    codedClip('opus'),
  ]);
  const tracks = [trackOf(big), trackOf(small, { track: 1 }), trackOf(aac), trackOf(opus, { track: 1 })];
  const url = `${gateway.rtmp}/live/cam`;
  const publisher = await EnhancedPublisher.start({
    url,
    tracks,
    legacy: true,
    rounds: Infinity,
    ...options,
  });
  context.after(() => publisher.kill());
  return { gateway, publisher };
}

export interface Multivariant {
  readonly playlists: readonly {
    readonly uri: string;
    readonly attributes: Readonly<Record<string, unknown>> & {
      readonly RESOLUTION?: { readonly height: number };
    };
  }[];
  readonly mediaGroups: { readonly AUDIO: Readonly<Record<string, Readonly<Record<string, Sound>>>> };
}
interface Sound {
  readonly default: boolean;
  readonly uri?: string;
}

/** As m3u8-parser reads it. */
export async function multivariantOf(
  { http }: TestGateway,
  path: string,
): Promise<Multivariant & { text: string }> {
  const text = await (await fetch(`${http}/${path}.m3u8`)).text();
  const parser = new Parser();
  parser.push(text);
  parser.end();
  return { ...(parser.manifest as unknown as Multivariant), text };
}

/** Without its session. */
export const plain = (uri: string): string => uri.replace(/\?.*/, '');
