const TEXTS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the system allows',
  EACCES: 'the directory of the recordings cannot be written: no permission',
  EPERM: 'the directory of the recordings cannot be written: no permission',
  EROFS: 'the directory of the recordings cannot be written: it is read-only',
  ENOENT: 'the directory of the recordings is gone',
  ENOTDIR: 'where the directory of the recordings should be is a file',
  EIO: 'the disk has failed',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ESTALE: 'the disk of the recordings is gone',
};

/** Why a file cannot be written, for the operator, without paths. */
export function problemText(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.message : (TEXTS[code] ?? code);
}
