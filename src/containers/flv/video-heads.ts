import type { VideoFrame } from '../../media/frame.ts';
import type { VideoCodec, VideoTrack } from '../../media/track.ts';
import { PACKET } from './enhanced.ts';
import { FRAME_TYPE_COMMAND, VIDEO_PACKET } from './enhanced-video.ts';
import { FOUR_CC } from './four-cc.ts';
import { avcHead } from './video.ts';

/** IsExVideoHeader. */
const ENHANCED = 0x80;
const KEY = 1 << 4;
const INTER = 2 << 4;

/** Scratch: the caller copies it at once. */
const short = Buffer.alloc(5);
const long = Buffer.alloc(8);

/** The head of a frame: VIDEODATA's, or ExVideoTagHeader. `compositionMs`: signed, 24 bits. */
export function videoFrameHead({ track, startsGop }: VideoFrame, compositionMs: number): Uint8Array {
  const { codec } = track;
  if (codec === 'avc') return avcHead(startsGop, 1, compositionMs);
  const first = ENHANCED | (startsGop ? KEY : INTER);
  if (codec !== 'hevc') return enhanced(short, first | PACKET.codedFrames, FOUR_CC[codec]);
  // A composition time of 0 is not written.
  if (compositionMs === 0) return enhanced(short, first | VIDEO_PACKET.codedFramesX, FOUR_CC.hevc);
  long[5] = compositionMs >> 16;
  long[6] = compositionMs >> 8;
  long[7] = compositionMs;
  return enhanced(long, first | PACKET.codedFrames, FOUR_CC.hevc);
}

export function videoConfigurationHead({ codec }: VideoTrack): Uint8Array {
  if (codec === 'avc') return avcHead(true, 0, 0);
  return enhanced(short, ENHANCED | KEY | PACKET.sequenceStart, FOUR_CC[codec]);
}

/** The head of Metadata: marked as a command, which whoever does not know it passes over. */
export function videoMetadataHead(codec: VideoCodec): Uint8Array {
  return enhanced(short, ENHANCED | (FRAME_TYPE_COMMAND << 4) | VIDEO_PACKET.metadata, FOUR_CC[codec]);
}

function enhanced(head: Buffer, first: number, fourCc: number): Uint8Array {
  head[0] = first;
  head.writeUInt32BE(fourCc, 1);
  return head;
}
