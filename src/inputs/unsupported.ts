/** A codec that this gateway does not carry. Named, so that the publisher can be told. */
export class UnsupportedCodecError extends Error {
  override readonly name = 'UnsupportedCodecError';
}

const INSTEAD = { video: 'H.264 (AVC), HEVC or AV1', audio: 'AAC or Opus' } as const;

/** `codec`: for people. `track`: the publisher's number, told where it is not the usual one. */
export function unsupported(kind: 'video' | 'audio', codec: string, track: number): UnsupportedCodecError {
  const where = track === 0 ? '' : ` in track ${track}`;
  return new UnsupportedCodecError(
    `the ${kind} is ${codec}${where}, which is not supported: set the encoder to ${INSTEAD[kind]}`,
  );
}
