import { wrapTime } from './packet.ts';

/** ISO/IEC 13818-1 Table 2-22. */
export const STREAM_ID = { private1: 0xbd, audio: 0xc0, video: 0xe0 } as const;

/** With a PTS. */
export const AUDIO_PES_HEADER_SIZE = 14;
/** With a PTS and room for a DTS, whether used or not: so that a DTS can still be put in after the fact. */
export const VIDEO_PES_HEADER_SIZE = 19;

/** From after PES_packet_length to the end of the fixed fields. */
const FIXED_AFTER_LENGTH = 3;
const MAX_PES_LENGTH = 0xffff;

/** Most payload bytes of an audio PES, whose length has to be written: ISO/IEC 13818-1 §2.4.3.7 allows 0 for video only. */
export const MAX_AUDIO_PES_PAYLOAD = MAX_PES_LENGTH - (AUDIO_PES_HEADER_SIZE - 6);

/** The header in front of `payloadLength` bytes of sound: ISO/IEC 13818-1 §2.4.3.6. `streamId`: {@link STREAM_ID}. */
export function writeAudioPesHeader(
  out: Uint8Array,
  at: number,
  streamId: number,
  payloadLength: number,
  pts: number,
): void {
  const optional = AUDIO_PES_HEADER_SIZE - 6 - FIXED_AFTER_LENGTH;
  writeStart(out, at, streamId, optional, payloadLength);
  out[at + 7] = 0x80; //                                         PTS_DTS_flags: PTS only
  writeTimestamp(out, at + 9, 0b0010, pts);
}

/**
 * The header in front of a video access unit of `payloadLength` bytes, of which a PES packet's length field may not
 * be able to tell: it says 0 then.
 */
export function writeVideoPesHeader(
  out: Uint8Array,
  at: number,
  payloadLength: number,
  pts: number,
  dts: number,
): void {
  const optional = VIDEO_PES_HEADER_SIZE - 6 - FIXED_AFTER_LENGTH;
  writeStart(out, at, STREAM_ID.video, optional, payloadLength);
  writeVideoTimes(out, at, pts, dts);
}

/** Writes, or writes again, the times of the video PES header at `at`. A DTS is there only where it differs: §2.7.5. */
export function writeVideoTimes(out: Uint8Array, at: number, pts: number, dts: number): void {
  const both = pts !== dts;
  out[at + 7] = both ? 0xc0 : 0x80; //                           PTS_DTS_flags
  writeTimestamp(out, at + 9, both ? 0b0011 : 0b0010, pts);
  if (both) writeTimestamp(out, at + 14, 0b0001, dts);
  else out.fill(0xff, at + 14, at + 19); //                      stuffing_byte
}

function writeStart(out: Uint8Array, at: number, streamId: number, optional: number, payload: number): void {
  const length = FIXED_AFTER_LENGTH + optional + payload;
  const written = length > MAX_PES_LENGTH ? 0 : length;
  out[at] = 0; //                                                packet_start_code_prefix
  out[at + 1] = 0;
  out[at + 2] = 1;
  out[at + 3] = streamId;
  out[at + 4] = written >> 8; //                                 PES_packet_length
  out[at + 5] = written & 0xff;
  out[at + 6] = 0x84; //                                         '10', data_alignment_indicator
  out[at + 8] = optional; //                                     PES_header_data_length
}

/** A PTS or DTS: 33 bits in 5 bytes with marker bits: ISO/IEC 13818-1 §2.4.3.6. The top bits come from a division, as bit operators see 32. */
function writeTimestamp(out: Uint8Array, at: number, prefix: number, time: number): void {
  const wrapped = wrapTime(time);
  const top3 = Math.floor(wrapped / 2 ** 30);
  const low30 = wrapped % 2 ** 30;
  out[at] = (prefix << 4) | (top3 << 1) | 1;
  out[at + 1] = low30 >> 22;
  out[at + 2] = ((low30 >> 14) & 0xfe) | 1;
  out[at + 3] = (low30 >> 7) & 0xff;
  out[at + 4] = ((low30 << 1) & 0xfe) | 1;
}
