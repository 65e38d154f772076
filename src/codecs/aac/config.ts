import { BitReader } from '../../bytes/bit-reader.ts';
import { CodecError, parse } from '../codec-error.ts';
import { isSampleRate } from '../sound-rate.ts';
import { readProgramConfig } from './program-config.ts';

/** What an AudioSpecificConfig says. */
export interface AacConfig {
  /** Audio object type of the core: 1 Main, 2 LC, 3 SSR, 4 LTP, … (ISO/IEC 14496-3 Table 1.17); never 5 or 29. */
  readonly objectType: number;
  /** Rate in Hz of the core, which counts a frame's duration. */
  readonly coreRate: number;
  /** The core rate's place in the table of 13 rates; undefined for a rate that is not in it. */
  readonly rateIndex: number | undefined;
  /** Output rate in Hz: the core's, doubled as a rule where SBR is signalled. */
  readonly sampleRate: number;
  /** Output channels; 2 for mono with parametric stereo. */
  readonly channels: number;
  /** 0 where the channels are described by {@link pce}. */
  readonly channelConfig: number;
  /** Samples of a frame at {@link coreRate}: 1024 or 960 (512 or 480 in the low-delay types). */
  readonly samplesPerFrame: number;
  /** RFC 6381: `mp4a.40.` and 2, 5 (with SBR), 29 (with parametric stereo) or the object type. */
  readonly codecString: string;
  /** The program config element with its three id bits and byte alignment, ready to stand in front of a raw frame. */
  readonly pce?: Uint8Array;
}

/** ISO/IEC 14496-3 Table 1.18. */
export const AAC_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
] as const;

/** Output channels of each channelConfiguration: ISO/IEC 14496-3 Table 1.19; 0 is "see the PCE", undefined reserved. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8, undefined, undefined, undefined, 7, 8, 24, 8, undefined] as const;

const AOT_SBR = 5;
const AOT_PS = 29;
const AOT_ER_BSAC = 22;
const AOT_ER_LD = 23;
const AOT_ESCAPE = 31;
const AOT_ER_ELD = 39;
const RATE_ESCAPE = 15;
const SYNC_SBR = 0x2b7;
const SYNC_PS = 0x548;

/** Object types with a GASpecificConfig that are AAC: ISO/IEC 14496-3 Table 1.15. */
const AAC_TYPES = new Set([1, 2, 3, 4, 6, 17, 19, 20, 23]);
/** Those of them with error resilience. */
const RESILIENT_TYPES = new Set([17, 19, 20, 23]);

/**
 * Reads an AudioSpecificConfig: ISO/IEC 14496-3 §1.6.2.1, with SBR and parametric stereo signalled either way
 * (in front, or behind as an extension that old decoders do not see).
 *
 * @throws {CodecError} AAC_CONFIG or AAC_OBJECT_TYPE
 */
export function readAacConfig(bytes: Uint8Array): AacConfig {
  return parse('AAC_CONFIG', () => {
    const bits = new BitReader(bytes, 'AudioSpecificConfig');
    const outerType = readObjectType(bits);
    const coreRate = readRate(bits);
    const channelConfig = bits.bits(4);
    let extension: Extension = { sbr: false, ps: false };
    let objectType = outerType;
    if (outerType === AOT_SBR || outerType === AOT_PS) {
      extension = { sbr: true, ps: outerType === AOT_PS, rate: readRate(bits) };
      objectType = readObjectType(bits);
      if (objectType === AOT_ER_BSAC) bits.skip(4);
    }
    if (objectType === AOT_ER_ELD) {
      const { samplesPerFrame, doubled } = readEldConfig(bits);
      extension = { sbr: false, ps: false, rate: doubled ? 2 * coreRate : coreRate };
      return describe(objectType, coreRate, channelConfig, { samplesPerFrame }, extension);
    }
    if (!AAC_TYPES.has(objectType)) {
      throw new CodecError('AAC_OBJECT_TYPE', `audio object type ${objectType} is not AAC`);
    }
    const general = readGeneralConfig(bits, objectType, channelConfig);
    if (RESILIENT_TYPES.has(objectType)) skipErrorProtection(bits);
    if (!extension.sbr) extension = readTrailingExtension(bits);
    return describe(objectType, coreRate, channelConfig, general, extension);
  });
}

/** True if a decoder would do the same with both; configurations differ in length where one says that there is no SBR. */
export function isSameAac(one: AacConfig, other: AacConfig): boolean {
  return (
    one.objectType === other.objectType &&
    one.coreRate === other.coreRate &&
    one.sampleRate === other.sampleRate &&
    one.channels === other.channels &&
    one.channelConfig === other.channelConfig &&
    one.samplesPerFrame === other.samplesPerFrame &&
    one.codecString === other.codecString &&
    Buffer.compare(one.pce ?? NO_PCE, other.pce ?? NO_PCE) === 0
  );
}

const NO_PCE = new Uint8Array(0);

interface Extension {
  readonly sbr: boolean;
  readonly ps: boolean;
  readonly rate?: number;
}

interface GeneralConfig {
  readonly samplesPerFrame: number;
  readonly pce?: { readonly element: Uint8Array; readonly channels: number };
}

function describe(
  objectType: number,
  coreRate: number,
  channelConfig: number,
  general: GeneralConfig,
  extension: Extension,
): AacConfig {
  const coreChannels = general.pce?.channels ?? CHANNELS[channelConfig];
  if (coreChannels === undefined || coreChannels === 0) {
    throw new CodecError('AAC_CONFIG', `channel configuration ${channelConfig} names no channels`);
  }
  const rateIndex = AAC_RATES.findIndex((rate) => rate === coreRate);
  return {
    objectType,
    coreRate,
    rateIndex: rateIndex < 0 ? undefined : rateIndex,
    sampleRate: extension.rate ?? coreRate,
    channels: extension.ps && coreChannels === 1 ? 2 : coreChannels,
    channelConfig,
    samplesPerFrame: general.samplesPerFrame,
    codecString: `mp4a.40.${extension.ps ? AOT_PS : extension.sbr ? AOT_SBR : objectType}`,
    ...(general.pce ? { pce: general.pce.element } : {}),
  };
}

function readObjectType(bits: BitReader): number {
  const type = bits.bits(5);
  return type === AOT_ESCAPE ? 32 + bits.bits(6) : type;
}

function readRate(bits: BitReader): number {
  const index = bits.bits(4);
  const rate = index === RATE_ESCAPE ? bits.bits(24) : AAC_RATES[index];
  if (rate === undefined)
    throw new CodecError('AAC_CONFIG', `sampling frequency index ${index} names no rate`);
  if (!isSampleRate(rate)) throw new CodecError('AAC_CONFIG', `AAC of ${rate} Hz`);
  return rate;
}

/** GASpecificConfig: ISO/IEC 14496-3 §4.4.1. */
function readGeneralConfig(bits: BitReader, objectType: number, channelConfig: number): GeneralConfig {
  const shortFrames = bits.flag(); //              frameLengthFlag
  if (bits.flag()) bits.skip(14); //               dependsOnCoreCoder, coreCoderDelay
  const extended = bits.flag(); //                 extensionFlag
  const pce = channelConfig === 0 ? readProgramConfig(bits) : undefined;
  if (objectType === 6 || objectType === 20) bits.skip(3); // layerNr
  if (extended) {
    if (RESILIENT_TYPES.has(objectType)) bits.skip(3); // three resilience flags
    bits.skip(1); //                               extensionFlag3
  }
  const long = objectType === AOT_ER_LD ? 512 : 1024;
  const short = objectType === AOT_ER_LD ? 480 : 960;
  return { samplesPerFrame: shortFrames ? short : long, ...(pce ? { pce } : {}) };
}

/** The beginning of ELDSpecificConfig: ISO/IEC 14496-3 §4.6.20.2. What follows is for decoders. */
function readEldConfig(bits: BitReader): { samplesPerFrame: number; doubled: boolean } {
  const samplesPerFrame = bits.flag() ? 480 : 512; // frameLengthFlag
  bits.skip(3); //                                 three resilience flags
  const doubled = bits.flag() && bits.flag(); //   ldSbrPresentFlag, ldSbrSamplingRate
  return { samplesPerFrame, doubled };
}

function skipErrorProtection(bits: BitReader): void {
  const epConfig = bits.bits(2);
  if (epConfig > 1) throw new CodecError('AAC_CONFIG', `error protection ${epConfig} is not supported`);
}

/** The backward compatible way: ISO/IEC 14496-3 §1.6.2.1, after the core's own configuration. */
function readTrailingExtension(bits: BitReader): Extension {
  const none = { sbr: false, ps: false };
  if (bits.left < 16 || bits.bits(11) !== SYNC_SBR) return none;
  if (readObjectType(bits) !== AOT_SBR || !bits.flag()) return none;
  const rate = readRate(bits);
  const ps = bits.left >= 12 && bits.bits(11) === SYNC_PS && bits.flag();
  return { sbr: true, ps, rate };
}
