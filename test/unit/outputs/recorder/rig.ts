import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlvReader, type FlvTag } from '../../../../src/containers/flv/reader.ts';
import { boxesIn, readFragment, type FragmentFacts } from '../../../../src/containers/fmp4/reader.ts';
import type { Frame } from '../../../../src/media/frame.ts';
import type { StreamName } from '../../../../src/media/stream-name.ts';
import { Library } from '../../../../src/outputs/recorder/library.ts';
import type { RecordingFormat } from '../../../../src/outputs/recorder/muxer.ts';
import { Take, type TakeOptions } from '../../../../src/outputs/recorder/take.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

export const NAME: StreamName = { app: 'live', stream: 'cam', path: 'live/cam' };
/** 2026-11-22T12:00:00Z. */
export const NOON = Date.UTC(2026, 10, 22, 12);

export const scratch = (): string => temporaryFolder('millrace-recorder-');

export interface TakeRig {
  readonly dir: string;
  readonly library: Library;
  readonly take: Take;
  /** What was told, in order: `started 1.mp4`, `done 1.mp4 stopped`, `failed …`, `left out 5`. */
  readonly told: string[];
  readonly time: { now: number };
  feed(frames: readonly Frame[]): void;
  bytes(file: string): Buffer;
}

export function takeRig(
  format: RecordingFormat,
  options: Partial<TakeOptions> & { readonly past?: readonly Frame[] } = {},
): TakeRig {
  const dir = join(scratch(), 'recordings');
  const library = options.library ?? new Library(dir, '{n}');
  const told: string[] = [];
  const time = { now: 0 };
  const take = new Take(
    {
      name: NAME,
      format,
      library,
      facts: () => ({ tracks: {}, metadata: undefined }),
      now: () => time.now,
      clock: () => NOON + time.now,
      listener: {
        started: (entry) => told.push(`started ${entry.path}`),
        done: (file, result, reason) =>
          told.push(`done ${file.entry?.path} ${reason}${result ? '' : ' (nothing left)'}`),
        failed: (error) => told.push(`failed ${error.message}`),
        leftOut: (frames) => told.push(`left out ${frames}`),
      },
      ...options,
    },
    options.past,
  );
  const feed = (frames: readonly Frame[]): void => {
    for (const frame of frames) {
      time.now = frame.dts / 90;
      take.write(frame);
    }
    take.flush();
  };
  return { dir, library, take, told, time, feed, bytes: (file) => readFileSync(join(dir, file)) };
}

/** The tags of an FLV file, all of it. */
export function tagsOf(bytes: Buffer): FlvTag[] {
  const tags: FlvTag[] = [];
  const reader = new FlvReader();
  reader.push(bytes, (tag) => tags.push(tag));
  if (reader.unread > 0) throw new Error(`${reader.unread} bytes are left over`);
  return tags;
}

/** The fragments of an MP4 file, each with its runs; all bytes must be boxes. */
export function fragmentsOf(bytes: Buffer): FragmentFacts[][] {
  const boxes = boxesIn(bytes);
  const total = boxes.reduce((sum, box) => sum + box.bytes, 0);
  if (total !== bytes.length) throw new Error(`${bytes.length - total} bytes are left over`);
  return boxes.filter(({ type }) => type === 'moof').map(({ body }) => readFragment(body));
}
