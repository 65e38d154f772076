import { CodecError } from '../codec-error.ts';
import type { AacConfig } from './config.ts';

/** Bytes of an ADTS header without CRC. */
export const ADTS_HEADER_SIZE = 7;
/** aac_frame_length is 13 bits and counts the header. */
export const MAX_ADTS_PAYLOAD = 0x1fff - ADTS_HEADER_SIZE;

/** Bytes of the CRC behind the header, where protection_absent is 0. */
const CRC_SIZE = 2;

/** An ADTS header as found in front of a frame: ISO/IEC 14496-3 §1.A.2.2. */
export interface AdtsHeader {
  /** With the CRC, if there is one. */
  readonly headerSize: number;
  /** Bytes of header and frame together. */
  readonly length: number;
  readonly objectType: number;
  readonly rateIndex: number;
  readonly channelConfig: number;
  /** Raw data blocks behind the one header: 1 as a rule. */
  readonly blocks: number;
}

/** Reads the header at `at`; undefined if there is none, or its frame goes beyond the end. */
export function readAdtsHeader(bytes: Uint8Array, at: number): AdtsHeader | undefined {
  if (at + ADTS_HEADER_SIZE > bytes.length) return undefined;
  // Syncword of 12 bits, then ID (MPEG-2 or 4), layer 0 and protection_absent.
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return undefined;
  const headerSize = ADTS_HEADER_SIZE + (bytes[at + 1]! & 1 ? 0 : CRC_SIZE);
  const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  if (length <= headerSize || at + length > bytes.length) return undefined;
  return {
    headerSize,
    length,
    objectType: (bytes[at + 2]! >> 6) + 1,
    rateIndex: (bytes[at + 2]! >> 2) & 0xf,
    channelConfig: ((bytes[at + 2]! & 1) << 2) | (bytes[at + 3]! >> 6),
    blocks: (bytes[at + 6]! & 3) + 1,
  };
}

/** True if ADTS frames follow one another from the first byte to exactly the last; a syncword alone proves nothing. */
export function isAllAdts(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) {
    const header = readAdtsHeader(bytes, at);
    if (!header) return false;
    at += header.length;
  }
  return at > 0;
}

/** The AudioSpecificConfig of what such a header describes: ISO/IEC 14496-3 §1.6.2.1. */
export function configFromAdts({ objectType, rateIndex, channelConfig }: AdtsHeader): Uint8Array {
  return Uint8Array.of(
    (objectType << 3) | (rateIndex >> 1), //                 audioObjectType, samplingFrequencyIndex[3..1]
    ((rateIndex & 1) << 7) | (channelConfig << 3), //        …[0], channelConfiguration, GASpecificConfig of zeros
  );
}

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
