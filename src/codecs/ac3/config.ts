import { ACMOD_CHANNELS, type AccessUnit, type SyncFrame } from './syncframe.ts';

/** AC3SpecificBox's data ("dac3"), 3 bytes, of what a syncframe says: ETSI TS 102 366 F.4. */
export function writeAc3Config({ rateCode, bsid, mode, acmod, lfe, rateIndex }: SyncFrame): Uint8Array {
  const bits =
    (rateCode << 22) | (bsid << 17) | (mode << 14) | (acmod << 11) | (lfe ? 1 << 10 : 0) | (rateIndex << 5);
  return Uint8Array.of((bits >> 16) & 0xff, (bits >> 8) & 0xff, bits & 0xff);
}

/** EC3SpecificBox's data ("dec3") of what an access unit says: F.6. */
export function writeEac3Config({ frames }: AccessUnit): Uint8Array {
  const programs = programsOf(frames);
  const bytes = [...twoBytes((dataRate(frames) << 3) | (programs.length - 1))];
  for (const { main, dependent } of programs) {
    const { rateCode, bsid, mode, acmod, lfe } = main;
    bytes.push((rateCode << 6) | (bsid << 1), (mode << 4) | (acmod << 1) | (lfe ? 1 : 0));
    const locations = dependent.reduce((all, frame) => all | channelLocations(frame), 0);
    if (dependent.length === 0) bytes.push(0);
    else bytes.push(...twoBytes((dependent.length << 9) | locations));
  }
  return Uint8Array.from(bytes);
}

/** True if a decoder would do the same with both: of the bit rate, which may vary, it takes no notice. */
export function isSameAc3Config(codec: 'ac3' | 'eac3', one: Uint8Array, other: Uint8Array): boolean {
  const matters = codec === 'ac3' ? AC3_MATTERS : EC3_MATTERS;
  return (
    one.length === other.length &&
    one.every((byte, at) => ((byte ^ (other[at] ?? 0)) & (matters[at] ?? 0xff)) === 0)
  );
}

/** All bits but bit_rate_code, and all but data_rate; what is behind counts. */
const AC3_MATTERS = [0xff, 0xfc, 0x1f] as const;
const EC3_MATTERS = [0x00, 0x07] as const;

/** Channels that come out of an access unit's first program: with those that dependent substreams add. */
export function channelsOf({ frames }: AccessUnit): number {
  const [program] = programsOf(frames);
  if (!program) return 0;
  const { main, dependent } = program;
  const base = ACMOD_CHANNELS[main.acmod]! + (main.lfe ? 1 : 0);
  const locations = dependent.reduce((all, frame) => all | channelLocations(frame), 0);
  return (
    base + LOCATIONS.reduce((sum, { bit, channels }) => sum + (locations & (1 << bit) ? channels : 0), 0)
  );
}

interface Program {
  readonly main: SyncFrame;
  readonly dependent: SyncFrame[];
}

/** num_ind_sub has three bits, num_dep_sub four. */
const MAX_PROGRAMS = 8;
const MAX_DEPENDENT = 15;

function programsOf(frames: readonly SyncFrame[]): Program[] {
  const programs: Program[] = [];
  for (const frame of frames) {
    const last = programs.at(-1);
    if (!frame.isDependent && programs.length < MAX_PROGRAMS) programs.push({ main: frame, dependent: [] });
    else if (frame.isDependent && last && last.dependent.length < MAX_DEPENDENT) last.dependent.push(frame);
  }
  return programs;
}

/** Of all substreams together in kb/s, 13 bits. */
function dataRate(frames: readonly SyncFrame[]): number {
  const [first] = frames;
  if (!first) return 0;
  const bytes = frames.reduce((sum, { length }) => sum + length, 0);
  return Math.min(0x1fff, Math.round((bytes * 8 * first.sampleRate) / first.samples / 1000));
}

/** chan_loc's bits (Table F.6.1), from the lowest, each with the bit of chanmap (Table E.1.2) that says the same. */
const LOCATIONS = [
  { bit: 0, map: 0x0400, channels: 2 }, //         Lc/Rc
  { bit: 1, map: 0x0200, channels: 2 }, //         Lrs/Rrs
  { bit: 2, map: 0x0100, channels: 1 }, //         Cs
  { bit: 3, map: 0x0080, channels: 1 }, //         Ts
  { bit: 4, map: 0x0040, channels: 2 }, //         Lsd/Rsd
  { bit: 5, map: 0x0020, channels: 2 }, //         Lw/Rw
  { bit: 6, map: 0x0010, channels: 2 }, //         Lvh/Rvh
  { bit: 7, map: 0x0008, channels: 1 }, //         Cvh
  { bit: 8, map: 0x0002, channels: 1 }, //         LFE2
] as const;

function channelLocations({ channelMap = 0 }: SyncFrame): number {
  return LOCATIONS.reduce((all, { bit, map }) => all | (channelMap & map ? 1 << bit : 0), 0);
}

function twoBytes(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}
