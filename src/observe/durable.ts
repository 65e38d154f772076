import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/*
 * Small files that must be whole or as they were, also if the power fails in between: written beside, synced, renamed. The
 * bytes are synced before the rename, or the name might be on the disk before what it names; the folder after it.
 */

export interface DurableText {
  readonly path: string;
  /** Where the text is written first: in the same folder. */
  readonly temporary: string;
  readonly text: string;
  /** Permissions of the file, such as 0o600. */
  readonly mode: number;
}

/** Rejects with what the system says; then the file is as it was. */
export async function replaceFile({ path, temporary, text, mode }: DurableText): Promise<void> {
  const file = await open(temporary, 'w', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** The same, for the start of the program. @throws what the system says */
export function replaceFileNow({ path, temporary, text, mode }: DurableText): void {
  writeNow({ path: temporary, text, mode });
  renameSync(temporary, path);
  syncFolderNow(dirname(path));
}

/** Writes a file and waits until its bytes are on the disk; its name need not be. @throws what the system says */
export function writeNow({ path, text, mode }: Omit<DurableText, 'temporary'>): void {
  const file = openSync(path, 'w', mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Names that were added to a folder or changed in it are on the disk only after this; some file systems cannot do it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  } finally {
    await folder.close();
  }
}

/** @throws what the system says */
export function syncFolderNow(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  } finally {
    closeSync(folder);
  }
}

const isUnsupported = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EINVAL';
