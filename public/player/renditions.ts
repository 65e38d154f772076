import type { Rendition, Stream } from '../api/types.ts';

/** Pictures and sounds of a stream, the main ones first; the report of an older server has only those. */
function renditionsOf(facts: Stream): readonly Rendition[] {
  const told = facts.renditions ?? [];
  const main = mainOnes(facts).filter(
    (one) => !told.some(({ track, kind }) => track === 0 && kind === one.kind),
  );
  return [...main, ...told].sort((one, other) => one.track - other.track);
}

export const pictures = (facts: Stream): readonly Rendition[] =>
  renditionsOf(facts).filter(({ kind }) => kind === 'video');

export const sounds = (facts: Stream): readonly Rendition[] =>
  renditionsOf(facts).filter(({ kind }) => kind === 'audio');

/** Lines as in “720p”: the shorter side, so that an upright picture has the name of the one that lies. */
export function linesOf({
  width,
  height,
}: {
  width?: number | null | undefined;
  height?: number | null | undefined;
}): number {
  return width && height ? Math.min(width, height) : (height ?? 0);
}

function mainOnes({ video, audio }: Stream): Rendition[] {
  return [
    ...(video
      ? [
          {
            track: 0,
            kind: 'video' as const,
            codec: video.codec,
            width: video.width,
            height: video.height,
            frameRate: video.fps,
            kbps: video.bitrateKbps,
          },
        ]
      : []),
    ...(audio
      ? [
          {
            track: 0,
            kind: 'audio' as const,
            codec: audio.codec,
            channels: audio.channels,
            sampleRate: audio.sampleRate,
            kbps: audio.bitrateKbps,
          },
        ]
      : []),
  ];
}
