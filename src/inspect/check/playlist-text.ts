import { playlistLines, type PlaylistLine } from './lines.ts';

/** The text of a playlist as it came. */
export interface PlaylistText {
  readonly text: string;
  readonly isUtf8: boolean;
  readonly lines: readonly PlaylistLine[];
}

export function readText(bytes: Uint8Array): PlaylistText {
  const decode = (fatal: boolean): string =>
    new TextDecoder('utf-8', { fatal, ignoreBOM: true }).decode(bytes);
  let text: string;
  let isUtf8 = true;
  try {
    text = decode(true);
  } catch {
    text = decode(false);
    isUtf8 = false;
  }
  return { text, isUtf8, lines: playlistLines(text) };
}
