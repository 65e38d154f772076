import type { AudioFrame, VideoFrame } from '../../media/frame.ts';
import { TICKS_PER_MS } from '../../media/time.ts';
import { trackNumber, type Track } from '../../media/track.ts';
import { FLAC_FRONT } from './audio-heads.ts';
import { SOUND_FORMAT_ENHANCED } from './audio.ts';
import { writeColorInfo } from './color-info.ts';
import { AUDIO_PACKET } from './enhanced-audio.ts';
import { FRAME_TYPE_COMMAND, VIDEO_PACKET } from './enhanced-video.ts';
import { PACKET } from './enhanced.ts';
import { FOUR_CC } from './four-cc.ts';

/**
 * Heads of Enhanced RTMP v2, "Multitrack", one track in a message: for tracks beside the main ones, by FourCC whatever the codec. As
 * those of frame-body.ts they may be scratch arrays: copy them before the next call.
 */

const VIDEO = 0x80 | VIDEO_PACKET.multitrack;
const KEY = 1 << 4;
const INTER = 2 << 4;
const COMMAND = FRAME_TYPE_COMMAND << 4;
const AUDIO = (SOUND_FORMAT_ENHANCED << 4) | AUDIO_PACKET.multitrack;

/** PacketType Multitrack, AvMultitrackType and PacketType, FourCC, number. */
const HEAD_BYTES = 7;
const short = Buffer.alloc(HEAD_BYTES);
/** With a composition time. */
const long = Buffer.alloc(HEAD_BYTES + 3);
const FLAC_CONFIGURATION = Buffer.from([...short, ...FLAC_FRONT]);

export function trackFrameHead(frame: VideoFrame | AudioFrame): Uint8Array {
  const { track } = frame;
  if (frame.kind === 'audio') return write(short, AUDIO, PACKET.codedFrames, track);
  const first = VIDEO | (frame.startsGop ? KEY : INTER);
  if (track.codec !== 'avc' && track.codec !== 'hevc') return write(short, first, PACKET.codedFrames, track);
  const compositionMs = Math.round((frame.pts - frame.dts) / TICKS_PER_MS);
  if (compositionMs === 0) return write(short, first, VIDEO_PACKET.codedFramesX, track);
  long[HEAD_BYTES] = compositionMs >> 16;
  long[HEAD_BYTES + 1] = compositionMs >> 8;
  long[HEAD_BYTES + 2] = compositionMs;
  return write(long, first, PACKET.codedFrames, track);
}

/** Of a sequence header, which the track's `config` follows; undefined for a codec that has none. */
export function trackConfigurationHead(track: Track): Uint8Array | undefined {
  if (track.kind === 'video') return write(short, VIDEO | KEY, PACKET.sequenceStart, track);
  if (track.config.length === 0 || track.codec === 'ac3' || track.codec === 'eac3') return undefined;
  return write(track.codec === 'flac' ? FLAC_CONFIGURATION : short, AUDIO, PACKET.sequenceStart, track);
}

/** See colorBody of frame-body.ts. Marked as a command here too: ffmpeg takes Metadata of another frame type for a picture. */
export function trackColorBody(track: Track): Uint8Array | undefined {
  if (track.kind !== 'video' || track.codec === 'avc') return undefined;
  return Buffer.concat([
    write(short, VIDEO | COMMAND, VIDEO_PACKET.metadata, track),
    writeColorInfo(track.color),
  ]);
}

/** A whole body: no more frames of this track come. */
export function trackEndBody(track: Track): Uint8Array {
  return Buffer.from(write(short, track.kind === 'video' ? VIDEO | KEY : AUDIO, PACKET.sequenceEnd, track));
}

function write(head: Buffer, first: number, packetType: number, { id, codec }: Track): Uint8Array {
  head[0] = first;
  head[1] = packetType; // AvMultitrackType OneTrack is 0
  head.writeUInt32BE(FOUR_CC[codec], 2);
  head[6] = trackNumber(id);
  return head;
}
