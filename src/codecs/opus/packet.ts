/** Opus counts at this rate, whatever was put in: RFC 7845 §4. */
export const OPUS_RATE = 48_000;
/** 120 ms: RFC 6716 §3.2.5 (R5). */
const MAX_SAMPLES = (OPUS_RATE * 120) / 1000;

/** Samples of a frame at 48 kHz by the two lowest bits of a configuration: RFC 6716 Table 2. */
const SILK_SAMPLES = [480, 960, 1920, 2880] as const; // 10, 20, 40, 60 ms
const HYBRID_SAMPLES = [480, 960] as const;
const CELT_SAMPLES = [120, 240, 480, 960] as const; //  2.5, 5, 10, 20 ms

/** Samples of a packet at 48 kHz, 120 to 5,760; undefined for what is no packet. Of several streams each has the same. */
export function opusSamples(packet: Uint8Array): number | undefined {
  const toc = packet[0];
  if (toc === undefined) return undefined;
  const frames = frameCount(toc & 3, packet);
  const samples = frames * samplesPerFrame(toc >> 3);
  return samples > 0 && samples <= MAX_SAMPLES ? samples : undefined;
}

/** The stereo flag of the table-of-contents byte. */
export function isStereoPacket(packet: Uint8Array): boolean {
  return ((packet[0] ?? 0) & 4) !== 0;
}

function frameCount(code: number, packet: Uint8Array): number {
  if (code === 0) return 1;
  if (code < 3) return 2;
  return (packet[1] ?? 0) & 0x3f; // 0 is not allowed, nor is a packet of one byte
}

function samplesPerFrame(configuration: number): number {
  if (configuration < 12) return SILK_SAMPLES[configuration & 3]!;
  if (configuration < 16) return HYBRID_SAMPLES[configuration & 1]!;
  return CELT_SAMPLES[configuration & 3]!;
}
