import { readAacConfig } from '../codecs/aac/config.ts';
import { readAvcConfig } from '../codecs/avc/config.ts';
import { readSps } from '../codecs/avc/sps.ts';
import type { AudioTrack, VideoTrack } from '../media/track.ts';

/** Makes a track from an AVCDecoderConfigurationRecord. `former` is kept if its configuration is the same bytes. @throws {CodecError} */
export function avcTrack(bytes: Uint8Array, former: VideoTrack | undefined): VideoTrack {
  if (former && Buffer.compare(former.config, bytes) === 0) return former;
  const config = readAvcConfig(bytes);
  const { width, height } = readSps(config.sps[0]!);
  return {
    id: 'video',
    kind: 'video',
    codec: 'avc',
    config: Uint8Array.from(bytes),
    codecString: config.codecString,
    width,
    height,
    nalLengthSize: config.nalLengthSize,
  };
}

/** Makes a track from an AudioSpecificConfig. `former` is kept if its configuration is the same bytes. @throws {CodecError} */
export function aacTrack(bytes: Uint8Array, former: AudioTrack | undefined): AudioTrack {
  if (former && Buffer.compare(former.config, bytes) === 0) return former;
  const config = readAacConfig(bytes);
  return {
    id: 'audio',
    kind: 'audio',
    codec: 'aac',
    config: Uint8Array.from(bytes),
    codecString: config.codecString,
    sampleRate: config.sampleRate,
    channels: config.channels,
    coreRate: config.coreRate,
    samplesPerFrame: config.samplesPerFrame,
  };
}
