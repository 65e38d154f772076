import { ADTS_HEADER_SIZE, MAX_ADTS_PAYLOAD, writeAdtsHeader } from '../../codecs/aac/adts.ts';
import { readAacConfig, type AacConfig } from '../../codecs/aac/config.ts';
import { ELEMENT_PCE } from '../../codecs/aac/program-config.ts';
import type { Framing } from './audio-packer.ts';

/** Raw AAC frames as ADTS. One too long for it is left out; no encoder makes one. @throws {CodecError} */
export function adtsFraming(bytes: Uint8Array): Framing {
  const config = readAacConfig(bytes);
  return {
    rate: config.coreRate,
    samplesPerFrame: config.samplesPerFrame,
    size(payload) {
      const length = elementSize(config, payload) + payload.length;
      return length > MAX_ADTS_PAYLOAD ? 0 : ADTS_HEADER_SIZE + length;
    },
    write(out, at, payload) {
      const element = elementSize(config, payload);
      writeAdtsHeader(out, at, config, element + payload.length);
      if (element > 0) out.set(config.pce!, at + ADTS_HEADER_SIZE);
      out.set(payload, at + ADTS_HEADER_SIZE + element);
    },
  };
}

/**
 * A program config element goes in front of each frame whose encoder did not put one there: ADTS has no other place
 * for it, and every segment has to be decodable by itself.
 */
function elementSize({ pce }: AacConfig, payload: Uint8Array): number {
  return pce === undefined || payload[0]! >> 5 === ELEMENT_PCE ? 0 : pce.length;
}
