import { readAvcConfig, writeAvcConfig, type AvcConfig } from '../codecs/avc/config.ts';
import { firstSlice, isSameConfig, saysNothingNew, setsInBand, withInBand } from '../codecs/avc/in-band.ts';
import { holdsRecoveryPoint, lengthPrefixedFromAnnexB, NAL, nalBit, NalUnits } from '../codecs/avc/nal.ts';
import { readSliceHead } from '../codecs/avc/slice.ts';
import { readSps } from '../codecs/avc/sps.ts';
import { CodecError } from '../codecs/codec-error.ts';
import type { VideoTrack } from '../media/track.ts';
import type { Dropped, Notes } from './notes.ts';
import { avcTrack } from '../codecs/track-builder.ts';

/**
 * Media ms without an IDR picture after which weaker places to start are accepted: more than the ten seconds between the
 * key frames of encoders left on "auto", less than HLS waits for a key frame before it goes on without a picture.
 */
const IDR_PATIENCE_MS = 11_000;

/** Parameter sets kept for a picture to come. */
const MAX_LOOSE = 16;

const PICTURE = nalBit(NAL.slice) | nalBit(NAL.slicePartitionA) | nalBit(NAL.idrSlice);

/** Configuration that has come and not yet taken effect. */
interface Header {
  readonly config: AvcConfig;
  /** The record as it came. */
  readonly record: Uint8Array;
}

/** A publisher's AVC frame as every output wants it. */
export interface AvcPicture {
  readonly track: VideoTrack;
  /** NAL units with length prefixes of `track.nalLengthSize`; a view of the message wherever possible. */
  readonly payload: Uint8Array;
  readonly startsGop: boolean;
  /** A decoder can start here, but not with a whole picture at once: no IDR. */
  readonly recovers: boolean;
}

/** The message as it came: `timestamp` in ms, 32 bits; `claimsKey`: the encoder's own word. */
export interface AvcMessage {
  readonly timestamp: number;
  readonly claimsKey: boolean;
  readonly data: Uint8Array;
}

/**
 * What is in force for a publisher's AVC: which parameter sets, where a decoder can start, how units are framed.
 *
 * A configuration takes effect with the first picture that a decoder can start at, whether it came as a sequence header,
 * in band, or both ways; so it is compared there and nowhere else, and what was taken back before then never was.
 */
export class AvcIntake {
  readonly #units = new NalUnits();
  readonly #notes: Notes;
  /** Of the publisher before; then the track that is in force. */
  #track: VideoTrack | undefined;
  #config: AvcConfig | undefined;
  /** The latest sequence header, if it says something else than what is in force. */
  #header: Header | undefined;
  /** Sets that came in a message without a picture: they belong to the next place to start. */
  #loose: readonly Uint8Array[] = [];
  #framing: 'lengths' | 'start codes' | undefined;
  /** When the last IDR picture came, or else the first frame. */
  #idrAt: number | undefined;
  /** When the last picture came that is a place to start by its own word: an IDR picture or a recovery point. */
  #startAt: number | undefined;
  /** Since when frames are left out that a new configuration came in front of. */
  #waitsSince: number | undefined;

  constructor(former: VideoTrack | undefined, notes: Notes) {
    this.#track = former;
    this.#notes = notes;
  }

  /** Takes a sequence header. */
  configure(data: Uint8Array): void {
    const record = Uint8Array.from(data);
    try {
      const config = readAvcConfig(record);
      readSps(config.sps[0]!); // a record whose sets cannot be read must not take effect
      this.#notes.problem('video', undefined);
      if (this.#config && saysNothingNew(config, this.#config)) {
        this.#header = undefined;
        return;
      }
      this.#header = { config, record };
      this.#framing = undefined;
      this.#loose = [];
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Takes a frame; undefined if it is left out, which is noted, or has no picture in it. */
  picture(message: AvcMessage): AvcPicture | undefined {
    const picture = this.#lookAt(message);
    if (typeof picture !== 'string') return picture;
    this.#notes.drop(picture);
    return undefined;
  }

  #lookAt(message: AvcMessage): AvcPicture | Dropped | undefined {
    const { timestamp } = message;
    const lengthSize = (this.#header?.config ?? this.#config)?.nalLengthSize ?? 4;
    const payload = this.#framed(message.data, lengthSize);
    if (!payload) return 'not AVC nor Annex B';
    if ((this.#units.types & PICTURE) === 0) {
      this.#keepSets(payload);
      return undefined;
    }
    const isIdr = (this.#units.types & nalBit(NAL.idrSlice)) !== 0;
    if (isIdr) this.#idrAt = this.#startAt = timestamp;
    const startsGop = isIdr || this.#canRecover(message, payload);
    if (startsGop) this.#settle(payload);
    else if (this.#config && this.#mustWait(timestamp))
      return 'waiting for the key frame of a new configuration';
    const track = this.#track;
    if (!this.#config || !track) return this.#whyTooEarly();
    return { track, payload, startsGop, recovers: startsGop && !isIdr };
  }

  /** The payload with length prefixes, its units found; undefined if it is neither that nor Annex B. */
  #framed(data: Uint8Array, lengthSize: 1 | 2 | 4): Uint8Array | undefined {
    // What has been seen to work stays: 00 00 01 xx is a start code and a length of 256 to 511 bytes.
    if (this.#framing !== 'start codes' && this.#units.find(data, lengthSize) && this.#units.count > 0) {
      this.#framing = 'lengths';
      return data;
    }
    if (this.#framing === 'lengths') return undefined;
    const payload = lengthPrefixedFromAnnexB(data, lengthSize);
    if (!payload || !this.#units.find(payload, lengthSize)) return undefined;
    this.#framing = 'start codes';
    return payload;
  }

  /** Encoders that put every unit in a message of its own: the sets wait for the picture. */
  #keepSets(payload: Uint8Array): void {
    const sets = setsInBand(payload, this.#units);
    if (sets.length > 0) this.#loose = [...this.#loose, ...sets].slice(-MAX_LOOSE);
  }

  /**
   * Without an IDR picture: a recovery point that the encoder calls a key frame; after a while without any, a recovery
   * point that it does not; and if there are none either, a picture without references that it calls a key frame.
   */
  #canRecover({ timestamp, claimsKey }: AvcMessage, payload: Uint8Array): boolean {
    const isLate = passed((this.#idrAt ??= timestamp), timestamp) > IDR_PATIENCE_MS;
    if (!claimsKey && !isLate) return false;
    if (holdsRecoveryPoint(payload, this.#units)) {
      this.#startAt = timestamp;
      return true;
    }
    if (!claimsKey || !isLate || passed((this.#startAt ??= timestamp), timestamp) <= IDR_PATIENCE_MS)
      return false;
    const slice = firstSlice(payload, this.#units);
    return slice !== undefined && readSliceHead(slice)?.isIntra === true;
  }

  /**
   * A frame between a new header and the next place to start can be decoded with neither configuration for certain: it
   * may be a late one of the old, or need a key frame of the new one that never came. Decoders in browsers give up for
   * good over it, where a picture that stands still for a moment would have done. Should no place to start come for
   * long, the frames flow again as they were: nothing better is to be had.
   */
  #mustWait(timestamp: number): boolean {
    if (!this.#header && this.#waitsSince === undefined) return false;
    this.#waitsSince ??= timestamp;
    const isReadable = !this.#header || this.#header.config.nalLengthSize === this.#config?.nalLengthSize;
    if (!isReadable) return true;
    return passed(this.#waitsSince, timestamp) <= IDR_PATIENCE_MS;
  }

  /**
   * Frames before the first key frame need others that nobody has. Nor may they follow another publisher's frames, which
   * is what viewers who stayed have.
   */
  #whyTooEarly(): Dropped {
    return this.#header ? 'before the first key frame' : 'video before its configuration';
  }

  /** Works out what is in force from this picture on. */
  #settle(payload: Uint8Array): void {
    const sets = [...this.#loose, ...setsInBand(payload, this.#units)];
    this.#loose = [];
    this.#waitsSince = undefined;
    try {
      const base = this.#header?.config ?? this.#config;
      const config = withInBand(base, sets, firstSlice(payload, this.#units));
      if (config) this.#adopt(config);
    } catch (error) {
      this.#refuse(error);
      if (this.#header) this.#adopt(this.#header.config);
    }
  }

  #adopt(config: AvcConfig): void {
    const header = this.#header;
    if (!this.#config || !isSameConfig(config, this.#config)) {
      this.#track = avcTrack(config === header?.config ? header.record : writeAvcConfig(config), this.#track);
      this.#config = config;
    }
    this.#header = undefined;
  }

  #refuse(error: unknown): void {
    if (!(error instanceof CodecError)) throw error;
    this.#notes.drop('bad video configuration');
    this.#notes.problem('video', error.message);
  }
}

/** Ms between two timestamps of 32 bits, either way: a clock that jumped must not make anybody wait. */
function passed(from: number, to: number): number {
  return Math.abs((to - from) | 0);
}
