import { TruncatedError } from '../bytes/byte-reader.ts';

export type CodecErrorCode =
  | 'AVC_CONFIG' //          the decoder configuration record is cut short or of an unknown version
  | 'AVC_LENGTH_SIZE' //     NAL length prefixes of 3 bytes, which the standard forbids
  | 'AVC_NO_PARAMETER_SETS' // no SPS in the record: size and profile of the picture are unknown
  | 'AVC_SPS' //             the sequence parameter set is cut short or impossible
  | 'HEVC_CONFIG' //         the decoder configuration record is cut short or of an unknown version
  | 'HEVC_SPS' //            the sequence parameter set is cut short or impossible
  | 'AV1_CONFIG' //          the configuration record or the sequence header is cut short or impossible
  | 'VP_CONFIG' //           the configuration record of VP9 or VP8 is cut short or impossible
  | 'AAC_CONFIG' //          the AudioSpecificConfig is cut short or impossible
  | 'AAC_OBJECT_TYPE' //     an audio object type that is not AAC
  | 'ADTS' //                valid AAC that an ADTS header cannot express
  | 'OPUS_CONFIG' //         the identification header is cut short or impossible
  | 'FLAC_CONFIG'; //        STREAMINFO is missing, cut short or impossible

/** Codec data from a peer that cannot be used. Never thrown for our own mistakes. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
  readonly code: CodecErrorCode;

  constructor(code: CodecErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Runs a parser; what it finds cut short becomes a {@link CodecError} of this code. */
export function parse<Value>(code: CodecErrorCode, parser: () => Value): Value {
  try {
    return parser();
  } catch (error) {
    if (error instanceof TruncatedError) throw new CodecError(code, error.message, { cause: error });
    throw error;
  }
}
