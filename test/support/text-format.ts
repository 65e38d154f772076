import type { Frame } from '../../src/media/frame.ts';
import type { Ms } from '../../src/media/time.ts';
import type { Track } from '../../src/media/track.ts';
import type { StreamFacts, WireFormat } from '../../src/stream/wire-format.ts';

const WHAT = { audio: 'A', data: 'D' } as const;

function textOf(frame: Frame, at: Ms): string {
  const what = frame.kind === 'video' ? (frame.startsGop ? 'K' : 'P') : WHAT[frame.kind];
  return `${what}${at} `;
}

export interface TextFormat extends WireFormat {
  /** Frames written so far: a frame is made once, however many watch. */
  readonly written: number;
}

/**
 * A wire format that people can read: `H[va] ` header with the tracks there are, `M[va]200 ` metadata in line (`M[va:words]200 ` with a title), `C[v]200 ` a configuration with the
 * track's label, `K200 ` key frame, `P240 ` other picture, `A221 ` sound, `D250 ` data; the numbers are ms.
 */
export function textFormat(
  options: { id?: string; headroom?: number; wants?: (frame: Frame) => boolean } = {},
): TextFormat {
  let written = 0;
  return {
    id: options.id ?? 'text',
    headroom: options.headroom ?? 0,
    get written() {
      return written;
    },
    wants: options.wants ?? (() => true),
    header: ({ tracks: { video, audio } }: StreamFacts) =>
      Buffer.from(`H[${video?.codecString ?? ''}${audio?.codecString ?? ''}] `),
    metadata: ({ tracks: { video, audio }, metadata }: StreamFacts, at: Ms) => {
      const title = metadata?.get('title');
      const words = typeof title === 'string' ? `:${title}` : '';
      return Buffer.from(`M[${video?.codecString ?? ''}${audio?.codecString ?? ''}${words}]${at} `);
    },
    configuration: (track: Track, at: Ms) => Buffer.from(`C[${track.codecString}]${at} `),
    measure: (frame: Frame, at: Ms) => textOf(frame, at).length,
    write: (frame: Frame, at: Ms, out: Buffer, offset: number) => {
      written++;
      return offset + out.write(textOf(frame, at), offset, 'latin1');
    },
  };
}
