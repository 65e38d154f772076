import type { AudioTrack, TrackId } from '../media/track.ts';
import { channelsOf, writeAc3Config, writeEac3Config } from './ac3/config.ts';
import type { AccessUnit } from './ac3/syncframe.ts';
import { readStreamInfo } from './flac/stream-info.ts';
import { mp3CodecString, type Mp3Header } from './mp3/header.ts';
import { readOpusHead } from './opus/head.ts';
import { OPUS_RATE } from './opus/packet.ts';

/** Opus is sent in packets of 20 ms as a rule. */
const USUAL_OPUS_SAMPLES = 960;

/** @param config `OpusHead` @param samples of a packet @throws {CodecError} */
export function opusTrack(id: TrackId, config: Uint8Array, samples = USUAL_OPUS_SAMPLES): AudioTrack {
  const { channels } = readOpusHead(config);
  return sound(id, { codec: 'opus', codecString: 'Opus', config, sampleRate: OPUS_RATE, channels, samples });
}

/** @param config STREAMINFO @throws {CodecError} */
export function flacTrack(id: TrackId, config: Uint8Array): AudioTrack {
  const { sampleRate, channels, maxBlock } = readStreamInfo(config);
  return sound(id, {
    codec: 'flac',
    codecString: 'fLaC',
    config,
    sampleRate,
    channels,
    samples: maxBlock,
  });
}

/** What an access unit says by itself. */
export function ac3Track(id: TrackId, codec: 'ac3' | 'eac3', unit: AccessUnit): AudioTrack {
  const [frame] = unit.frames;
  const { sampleRate, samples } = frame!;
  const isAc3 = codec === 'ac3';
  const config = isAc3 ? writeAc3Config(frame!) : writeEac3Config(unit);
  const codecString = isAc3 ? 'ac-3' : 'ec-3';
  return sound(id, { codec, codecString, config, sampleRate, channels: channelsOf(unit), samples });
}

/** What a frame's header says. */
export function mp3Track(id: TrackId, header: Mp3Header): AudioTrack {
  const { sampleRate, channels, samples } = header;
  const config = new Uint8Array(0);
  return sound(id, {
    codec: 'mp3',
    codecString: mp3CodecString(header),
    config,
    sampleRate,
    channels,
    samples,
  });
}

type Facts = Pick<AudioTrack, 'codec' | 'codecString' | 'config' | 'sampleRate' | 'channels'> & {
  readonly samples: number;
};

function sound(id: TrackId, { samples, config, ...facts }: Facts): AudioTrack {
  return {
    id,
    kind: 'audio',
    ...facts,
    config: Uint8Array.from(config),
    coreRate: facts.sampleRate,
    samplesPerFrame: samples,
  };
}
