import { CodecError } from '../codec-error.ts';
import type { AacConfig } from './config.ts';

/** Bytes of an ADTS header without CRC. */
export const ADTS_HEADER_SIZE = 7;
/** aac_frame_length is 13 bits and counts the header. */
export const MAX_ADTS_PAYLOAD = 0x1fff - ADTS_HEADER_SIZE;

/** Why ADTS cannot carry this audio, in words; undefined if it can. */
export function adtsRefusal(config: AacConfig): string | undefined {
  if (config.objectType < 1 || config.objectType > 4) {
    return `AAC object type ${config.objectType} cannot be carried in ADTS (1 to 4 can)`;
  }
  if (config.rateIndex === undefined) {
    return `a sampling rate of ${config.coreRate} Hz cannot be carried in ADTS`;
  }
  if (config.channelConfig > 7) {
    return `AAC channel configuration ${config.channelConfig} cannot be carried in ADTS (0 to 7 can)`;
  }
  if (config.samplesPerFrame !== 1024) {
    return `AAC frames of ${config.samplesPerFrame} samples cannot be carried in ADTS (1024 can)`;
  }
  return undefined;
}

/**
 * Writes the {@link ADTS_HEADER_SIZE} bytes in front of one raw frame of `payloadLength` bytes: ISO/IEC 14496-3 §1.A.2.2.
 * Object type and rate are the core's: SBR is found by the decoder.
 *
 * @throws {CodecError} ADTS, with {@link adtsRefusal}'s words or for a frame over {@link MAX_ADTS_PAYLOAD} bytes
 */
export function writeAdtsHeader(out: Uint8Array, at: number, config: AacConfig, payloadLength: number): void {
  const refusal = adtsRefusal(config);
  if (refusal !== undefined) throw new CodecError('ADTS', refusal);
  if (payloadLength > MAX_ADTS_PAYLOAD) {
    throw new CodecError(
      'ADTS',
      `an AAC frame of ${payloadLength} bytes is too long for ADTS (${MAX_ADTS_PAYLOAD})`,
    );
  }
  const length = ADTS_HEADER_SIZE + payloadLength;
  out[at] = 0xff; //                                        syncword[11..4]
  out[at + 1] = 0xf1; //                                    syncword[3..0], MPEG-4, layer 0, no CRC
  out[at + 2] =
    ((config.objectType - 1) << 6) | //                     profile
    (config.rateIndex! << 2) | //                           sampling_frequency_index
    (config.channelConfig >> 2); //                         channel_configuration[2]
  out[at + 3] = ((config.channelConfig & 3) << 6) | (length >> 11); // …[1..0], aac_frame_length[12..11]
  out[at + 4] = (length >> 3) & 0xff; //                    aac_frame_length[10..3]
  out[at + 5] = ((length & 7) << 5) | 0x1f; //              aac_frame_length[2..0], buffer_fullness[10..6]: variable rate
  out[at + 6] = 0xfc; //                                    buffer_fullness[5..0], one raw data block
}
