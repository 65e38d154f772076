/** Bytes before the first tag: the 9-byte header and PreviousTagSize0. */
export const FLV_HEADER_BYTES = 13;

/** Which kinds of tags the file says it has (TypeFlagsVideo, TypeFlagsAudio). */
export interface FlvFlags {
  readonly video: boolean;
  readonly audio: boolean;
}

/** The FLV header and the first back pointer: Adobe FLV 10.1, Annex E.2 and E.3. */
export function flvFileHeader(flags: FlvFlags): Buffer {
  const typeFlags = (flags.audio ? 0x04 : 0) | (flags.video ? 0x01 : 0);
  return Buffer.from([0x46, 0x4c, 0x56, 1, typeFlags, 0, 0, 0, 9, 0, 0, 0, 0]); // 'FLV', version 1, DataOffset 9
}
