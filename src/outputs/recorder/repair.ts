import type { FileHandle } from 'node:fs/promises';
import { ByteWindow } from './byte-window.ts';
import type { Left } from './left.ts';
import { readLeftFlv } from './left-flv.ts';
import { readLeftMp4 } from './left-mp4.ts';
import type { RecordingFormat } from './muxer.ts';

/**
 * Closes a file that was left open, as if it had been closed: what is not whole at its end is cut off, duration and index are
 * entered. Nothing is changed where nothing could be played. Rejects with what the system says, or if the file is none of ours.
 */
export async function repair(file: FileHandle, format: RecordingFormat): Promise<Omit<Left, 'patches'>> {
  const { size } = await file.stat();
  const window = new ByteWindow(file, size);
  const left = await (format === 'flv' ? readLeftFlv(window) : readLeftMp4(window));
  if (left.bytes === 0) return left;
  if (left.bytes < size) await file.truncate(left.bytes);
  for (const { at, bytes } of left.patches) await file.write(bytes, 0, bytes.length, at);
  await file.sync();
  return { seconds: left.seconds, bytes: left.bytes };
}
