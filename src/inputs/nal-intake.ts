import { CodecError } from '../codecs/codec-error.ts';
import { lengthPrefixedFromAnnexB } from '../codecs/nal/annex-b.ts';
import type { InBandSets, NalConfig } from '../codecs/nal/in-band.ts';
import type { NalUnits } from '../codecs/nal/units.ts';
import { mergedColor, type Color } from '../media/color.ts';
import type { NalTrack, VideoTrack } from '../media/track.ts';
import type { Picture, VideoIntake, VideoMessage } from './intake.ts';
import type { Dropped, Notes } from './notes.ts';
import { KEY_PATIENCE_MS, passed } from './patience.ts';

/** Parameter sets kept for a picture to come. */
const MAX_LOOSE = 16;

/** What the two codecs of NAL units do each in its own way. */
export interface NalDialect<Config extends NalConfig> {
  /** What is noted of a frame that is neither length prefixed nor Annex B. */
  readonly foreign: Dropped;
  readonly units: NalUnits;
  readonly sets: InBandSets<Config>;
  /** Reads a record whose sets can be read too. @throws {CodecError} */
  read(record: Uint8Array): Config;
  write(config: Config): Uint8Array;
  track(record: Uint8Array, former: VideoTrack | undefined, color: Color | undefined): NalTrack;
  /** Pictures may say something of their colours that the parameter sets do not. */
  readonly colorsPictures: boolean;
  /** Colours by the bits' own words: of the configuration's first sequence parameter set, and of this picture. */
  color(config: Config, payload: Uint8Array): Color | undefined;
  /** There is a slice of a picture among the units. */
  hasPicture(): boolean;
  firstSlice(payload: Uint8Array): Uint8Array | undefined;
  /** What the picture is by its own units' types, if a decoder can start at it. */
  start(payload: Uint8Array, config: Config | undefined): 'clean' | 'recovers' | undefined;
  holdsRecoveryPoint(payload: Uint8Array): boolean;
  /** A slice that needs no other picture. */
  isIntra(slice: Uint8Array, config: Config | undefined): boolean;
  /** The picture leans on what was before the last place to start. */
  isOrphan?(payload: Uint8Array): boolean;
  /** Pictures like that come to nothing after this place to start, whoever has seen what was before. */
  leavesOrphans?(payload: Uint8Array): boolean;
}

/** Configuration that has come and not yet taken effect. */
interface Header<Config> {
  readonly config: Config;
  /** The record as it came. */
  readonly record: Uint8Array;
}

/**
 * What is in force for a publisher's AVC or HEVC: which parameter sets, where a decoder can start, how units are framed.
 *
 * A configuration takes effect with the first picture that a decoder can start at, whether it came as a sequence header,
 * in band, or both ways; so it is compared there and nowhere else, and what was taken back before then never was.
 */
export class NalIntake<Config extends NalConfig> implements VideoIntake {
  readonly #dialect: NalDialect<Config>;
  readonly #notes: Notes;
  /** Of the publisher before; then the track that is in force. */
  #track: VideoTrack | undefined;
  #config: Config | undefined;
  /** The latest sequence header, if it says something else than what is in force. */
  #header: Header<Config> | undefined;
  /** What the publisher says of the colours. */
  #said: Color | undefined;
  /** It has said something since the last place to start. */
  #saidMore = false;
  /** Sets that came in a message without a picture: they belong to the next place to start. */
  #loose: readonly Uint8Array[] = [];
  #framing: 'lengths' | 'start codes' | undefined;
  /** When the last clean start came, or else the first frame. */
  #cleanAt: number | undefined;
  /** When the last picture came that is a place to start by its own word: a clean one or a recovery point. */
  #startAt: number | undefined;
  /** Since when frames are left out that a new configuration came in front of. */
  #waitsSince: number | undefined;
  /** Pictures that lean on what was before the last place to start are left out. */
  #skipsOrphans = false;

  constructor(dialect: NalDialect<Config>, former: VideoTrack | undefined, notes: Notes) {
    this.#dialect = dialect;
    this.#track = former;
    this.#notes = notes;
  }

  configure(data: Uint8Array): void {
    const record = Uint8Array.from(data);
    try {
      const config = this.#dialect.read(record);
      this.#notes.problem('video', undefined);
      if (this.#config && this.#dialect.sets.saysNothingNew(config, this.#config)) {
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

  describe(color: Color | undefined): void {
    this.#said = color;
    this.#saidMore = true;
  }

  picture(message: VideoMessage): Picture | undefined {
    const picture = this.#lookAt(message);
    if (typeof picture !== 'string') return picture;
    this.#notes.drop(picture);
    return undefined;
  }

  #lookAt(message: VideoMessage): Picture | Dropped | undefined {
    const { timestamp } = message;
    const dialect = this.#dialect;
    const lengthSize = (this.#header?.config ?? this.#config)?.nalLengthSize ?? 4;
    const payload = this.#framed(message.data, lengthSize);
    if (!payload) return dialect.foreign;
    if (!dialect.hasPicture()) {
      this.#keepSets(payload);
      return undefined;
    }
    const start = this.#startOf(message, payload);
    if (start) this.#settle(payload);
    else if (this.#config && this.#mustWait(timestamp))
      return 'waiting for the key frame of a new configuration';
    else if (this.#skipsOrphans && dialect.isOrphan?.(payload))
      return 'pictures that lean on what was before the place to start';
    const track = this.#track;
    if (!this.#config || !track) return this.#whyTooEarly();
    return { track, payload, startsGop: start !== undefined, recovers: start === 'recovers' };
  }

  /** The payload with length prefixes, its units found; undefined if it is neither that nor Annex B. */
  #framed(data: Uint8Array, lengthSize: 1 | 2 | 4): Uint8Array | undefined {
    const { units } = this.#dialect;
    // What has been seen to work stays: 00 00 01 xx is a start code and a length of 256 to 511 bytes.
    if (this.#framing !== 'start codes' && units.find(data, lengthSize) && units.count > 0) {
      this.#framing = 'lengths';
      return data;
    }
    if (this.#framing === 'lengths') return undefined;
    const payload = lengthPrefixedFromAnnexB(data, lengthSize);
    if (!payload || !units.find(payload, lengthSize)) return undefined;
    this.#framing = 'start codes';
    return payload;
  }

  /** Encoders that put every unit in a message of its own: the sets wait for the picture. */
  #keepSets(payload: Uint8Array): void {
    const sets = this.#dialect.sets.in(payload, this.#dialect.units);
    if (sets.length > 0) this.#loose = [...this.#loose, ...sets].slice(-MAX_LOOSE);
  }

  #startOf(message: VideoMessage, payload: Uint8Array): 'clean' | 'recovers' | undefined {
    const start = this.#dialect.start(payload, this.#header?.config ?? this.#config);
    if (!start) return this.#canRecover(message, payload) ? 'recovers' : undefined;
    this.#cleanAt = this.#startAt = message.timestamp;
    return start;
  }

  /**
   * Without a picture to start at by its type: a recovery point that the encoder calls a key frame; after a while without
   * any, a recovery point that it does not; and if there are none either, a picture without references that it calls a
   * key frame.
   */
  #canRecover({ timestamp, claimsKey }: VideoMessage, payload: Uint8Array): boolean {
    const isLate = passed((this.#cleanAt ??= timestamp), timestamp) > KEY_PATIENCE_MS;
    if (!claimsKey && !isLate) return false;
    if (this.#dialect.holdsRecoveryPoint(payload)) {
      this.#startAt = timestamp;
      return true;
    }
    if (!claimsKey || !isLate || passed((this.#startAt ??= timestamp), timestamp) <= KEY_PATIENCE_MS)
      return false;
    const slice = this.#dialect.firstSlice(payload);
    return slice !== undefined && this.#dialect.isIntra(slice, this.#header?.config ?? this.#config);
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
    return passed(this.#waitsSince, timestamp) <= KEY_PATIENCE_MS;
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
    const { sets, units } = this.#dialect;
    const fresh = [...this.#loose, ...sets.in(payload, units)];
    const before = this.#config;
    this.#loose = [];
    this.#waitsSince = undefined;
    try {
      const base = this.#header?.config ?? this.#config;
      const config = sets.merged(base, fresh, this.#dialect.firstSlice(payload));
      if (config) this.#adopt(config, payload);
    } catch (error) {
      this.#refuse(error);
      if (this.#header) this.#adopt(this.#header.config, payload);
    }
    this.#skipsOrphans = this.#config !== before || this.#dialect.leavesOrphans?.(payload) === true;
  }

  #adopt(config: Config, payload: Uint8Array): void {
    if (config.sps.length === 0) return; // the length of prefixes is known, and nothing else
    const header = this.#header;
    const dialect = this.#dialect;
    const isNew = !this.#config || !dialect.sets.isSame(config, this.#config);
    this.#header = undefined;
    if (!isNew && !this.#saidMore && !dialect.colorsPictures) return;
    const inForce = isNew ? config : this.#config!;
    const color = mergedColor(this.#said, dialect.color(inForce, payload));
    const isHeader = config === header?.config;
    const record = isNew ? (isHeader ? header.record : dialect.write(config)) : this.#track!.config;
    this.#track = dialect.track(record, this.#track, color);
    this.#config = inForce;
    this.#saidMore = false;
    if (isNew) this.#notes.problem('video', undefined);
  }

  #refuse(error: unknown): void {
    if (!(error instanceof CodecError)) throw error;
    this.#notes.drop('bad video configuration');
    this.#notes.problem('video', error.message);
  }
}
