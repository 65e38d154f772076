import { isSameAac, readAacConfig } from './aac/config.ts';
import { avcCodecString, readAvcConfig } from './avc/config.ts';
import { isSameConfig } from './avc/in-band.ts';
import { readSps } from './avc/sps.ts';
import type { AudioTrack, NalTrack, VideoTrack } from '../media/track.ts';

/**
 * Makes a track from an AVCDecoderConfigurationRecord. `former` is kept if a decoder could not tell the two
 * configurations apart. Profile and size are those of the first parameter set: the record's own bytes may lie.
 *
 * @throws {CodecError}
 */
export function avcTrack(bytes: Uint8Array, former: VideoTrack | undefined): NalTrack {
  if (former?.codec === 'avc' && Buffer.compare(former.config, bytes) === 0) return former;
  const config = readAvcConfig(bytes);
  if (former?.codec === 'avc' && isSameConfig(readAvcConfig(former.config), config)) return former;
  const { profile, compatibility, level, width, height } = readSps(config.sps[0]!);
  return {
    id: 'video',
    kind: 'video',
    codec: 'avc',
    config: Uint8Array.from(bytes),
    codecString: avcCodecString(profile, compatibility, level),
    width,
    height,
    nalLengthSize: config.nalLengthSize,
  };
}

/** Makes a track from an AudioSpecificConfig. `former` is kept if its configuration says the same. @throws {CodecError} */
export function aacTrack(bytes: Uint8Array, former: AudioTrack | undefined): AudioTrack {
  if (former && Buffer.compare(former.config, bytes) === 0) return former;
  const config = readAacConfig(bytes);
  if (former && isSameAac(readAacConfig(former.config), config)) return former;
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
