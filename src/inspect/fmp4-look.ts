import { TruncatedError } from '../bytes/byte-reader.ts';
import { BOX_HEAD_BYTES } from '../containers/fmp4/box.ts';
import { boxesIn, findBox, Mp4Error, readBoxHead, type FoundBox } from '../containers/fmp4/reader.ts';
import { readSamples, type Sample } from '../containers/fmp4/sample-reader.ts';
import { TICKS_PER_MS, TICKS_PER_SECOND } from '../media/time.ts';
import { CodecLook, CodecLookError } from './codec-look.ts';
import { InspectError } from './errors.ts';
import type { Findings } from './findings.ts';
import type { InitLook, InitTrack } from './fmp4-init.ts';
import { readReferences, type Reference } from './fmp4-reference.ts';
import type { MediaLook } from './media-look.ts';
import type { DeclaredTrack, PictureStart, SegmentMedia } from './segment-media.ts';
import { TrackInSegment } from './track-in-segment.ts';
import type { TrackLook } from './track-look.ts';

/** What one segment has of one track, in the track's own units. */
export interface FragmentedTrack {
  readonly timescale: number;
  /** tfdt of its first fragment, and where its last one ends. */
  readonly begin: number;
  end: number;
  /** Steps from where a fragment ended to where the next of the same segment began that are not 0. */
  readonly apart: number[];
  /** Samples marked as sync samples that are none by their bits. */
  falseSync: number;
}

/** How fragments are put together, as far as that is not right. */
export interface BoxFault {
  readonly what: string;
}

export interface FragmentedLookOptions {
  readonly init: InitLook;
  /** What is known of the tracks' codecs from earlier segments with the same initialization section, by track_ID. */
  readonly codecs: Map<number, CodecLook>;
  /** Undefined: nothing is added to a report, as for parts, whose frames come again with their segment. */
  readonly media?: MediaLook | undefined;
  readonly findings?: Findings | undefined;
  readonly where?: string | undefined;
}

/** Takes one segment of fragmented MP4 apart: ISO/IEC 14496-12 §8.8, RFC 8216 §3.3. */
export class FragmentedLook implements SegmentMedia {
  readonly declaredBy = 'initialization section';
  readonly tracks = new Map<number, TrackInSegment>();
  /** By track_ID. */
  readonly fragmented = new Map<number, FragmentedTrack>();
  readonly faults: BoxFault[] = [];
  /** Of the moof boxes, in their order. */
  readonly sequenceNumbers: number[] = [];
  readonly references: readonly Reference[];
  readonly boxes: readonly string[];
  /** Samples in the order in which they are listed, for comparing. */
  readonly samples: Sample[] = [];
  start: PictureStart | undefined;
  readonly #bytes: Buffer;
  readonly #options: FragmentedLookOptions;
  readonly #initTracks: ReadonlyMap<number, InitTrack>;

  /** @throws {InspectError} if it is no MP4 at all */
  constructor(bytes: Buffer, options: FragmentedLookOptions) {
    this.#bytes = bytes;
    this.#options = options;
    this.#initTracks = new Map(options.init.tracks.map((track) => [track.trackId, track]));
    const boxes = this.#topBoxes();
    this.boxes = boxes.map(({ type }) => type);
    this.references = readReferences(boxes);
    boxes.forEach((box, index) => {
      if (box.type === 'moof') this.#seeFragment(box, boxes[index + 1]);
    });
    if (this.sequenceNumbers.length === 0) this.#fault('there is no moof box in it');
  }

  firstTrack(kind: 'video' | 'audio'): TrackInSegment | undefined {
    return [...this.tracks.values()].find((track) => track.kind === kind && track.frames > 0);
  }

  get declared(): ReadonlyMap<number, DeclaredTrack> {
    return new Map(
      this.#options.init.tracks.map(({ trackId, entry, timescale, kind }) => [
        trackId,
        { what: `track ${trackId} of ${entry} at ${timescale} Hz`, kind },
      ]),
    );
  }

  #topBoxes(): FoundBox[] {
    try {
      const boxes = boxesIn(this.#bytes);
      const last = boxes.at(-1);
      const end = last ? last.at + last.bytes : 0;
      if (end < this.#bytes.length) {
        const head = readBoxHead(this.#bytes, end);
        const what = head ? `the ${head.type} box of ${head.bytes} bytes is cut off` : 'a box is cut off';
        this.#fault(`${what} after ${this.#bytes.length - end} bytes`);
      }
      return boxes;
    } catch (error) {
      if (error instanceof Mp4Error) throw new InspectError('BROKEN', error.message, { cause: error });
      throw error;
    }
  }

  #seeFragment(moof: FoundBox, mdat: FoundBox | undefined): void {
    try {
      const header = findBox(moof.body, 'mfhd')?.body;
      if (header && header.length >= 8) this.sequenceNumbers.push(Buffer.from(header).readUInt32BE(4));
      else this.#fault('a moof box has no mfhd');
      const samples = this.#samplesOf(moof);
      if (mdat?.type !== 'mdat')
        return this.#fault(`a moof box is followed by ${mdat?.type ?? 'nothing'}, not by mdat`);
      const [from, to] = [mdat.at + BOX_HEAD_BYTES, mdat.at + mdat.bytes];
      const outside = samples.filter(({ offset, bytes }) => offset < from || offset + bytes > to);
      if (outside.length > 0) {
        this.#fault(
          `${outside.length} of ${samples.length} samples are outside of the mdat box: bytes ${outside[0]!.offset} to ` +
            `${outside[0]!.offset + outside[0]!.bytes}, where it has ${from} to ${to}`,
        );
      }
      this.#seeSamples(
        samples.filter((sample) => !outside.includes(sample)),
        moof.bytes,
      );
    } catch (error) {
      if (!(error instanceof Mp4Error || error instanceof TruncatedError)) throw error;
      this.#fault(`a moof box cannot be read: ${error.message}`);
    }
  }

  #samplesOf(moof: FoundBox): Sample[] {
    const { defaults } = this.#options.init;
    const samples = readSamples({ moof: moof.body, moofAt: moof.at, defaults });
    const strangers = new Set(
      samples.map(({ trackId }) => trackId).filter((id) => !this.#initTracks.has(id)),
    );
    for (const id of strangers) this.#fault(`track ${id} is not in the initialization section`);
    return samples.filter(({ trackId }) => !strangers.has(trackId));
  }

  /** @param overhead bytes of boxes, which are counted with the first sample */
  #seeSamples(samples: readonly Sample[], overhead: number): void {
    let extra = overhead;
    const begun = new Set<number>();
    for (const sample of samples) {
      const track = this.#initTracks.get(sample.trackId)!;
      if (track.kind === undefined) continue;
      this.#place(sample, track, !begun.has(sample.trackId));
      begun.add(sample.trackId);
      this.samples.push(sample);
      this.#seeSample(sample, track, extra);
      extra = 0;
    }
  }

  /** Where the fragment's run begins, beside where the one before it ended. */
  #place({ trackId, decodeTime, duration }: Sample, { timescale }: InitTrack, isFirst: boolean): void {
    const known = this.fragmented.get(trackId);
    if (!known) {
      const end = decodeTime + duration;
      this.fragmented.set(trackId, { timescale, begin: decodeTime, end, apart: [], falseSync: 0 });
      return;
    }
    if (isFirst && decodeTime !== known.end) known.apart.push(decodeTime - known.end);
    known.end = decodeTime + duration;
  }

  #seeSample(sample: Sample, track: InitTrack, extra: number): void {
    const { media } = this.#options;
    const kind = track.kind!;
    const ticksOf = (units: number): number => Math.round((units * TICKS_PER_SECOND) / track.timescale);
    const dts = ticksOf(sample.decodeTime);
    const pts = ticksOf(sample.decodeTime + sample.composition);
    const here = this.tracks.get(track.trackId) ?? new TrackInSegment(track.trackId, kind);
    this.tracks.set(track.trackId, here);
    const look = media?.track(`track ${track.trackId}`, kind);
    const isKey = this.#learn(sample, track, { here, look, atMs: dts / TICKS_PER_MS });
    here.packet(dts);
    here.frame({ dts, pts });
    here.lastFrameTicks = ticksOf(sample.decodeTime + sample.duration) - dts;
    if (kind === 'video') this.start ??= { isKey, isConfigured: true };
    if (look)
      media?.add(look, { dts, pts, bytes: sample.bytes + extra, keyFrame: kind === 'audio' || isKey });
  }

  /** Tells what the sample's bits say of the track. True if a decoder can start here. */
  #learn(
    sample: Sample,
    track: InitTrack,
    { here, look, atMs }: { here: TrackInSegment; look: TrackLook | undefined; atMs: number },
  ): boolean {
    const codec = this.#codecOf(track);
    if (!codec) {
      look?.announce(track.entry);
      return sample.sync;
    }
    const data = this.#bytes.subarray(sample.offset, sample.offset + sample.bytes);
    let isKey = sample.sync;
    if (track.kind === 'audio') codec.sound(data);
    else if (sample.sync) {
      const { starts } = codec.picture(data, { claimsKey: true, atMs });
      if (starts === false) {
        isKey = false;
        this.fragmented.get(track.trackId)!.falseSync++;
      }
    }
    if (codec.facts) {
      const facts = named(codec.facts, track.entry);
      look?.describe(facts);
      here.describe(facts);
    }
    return isKey;
  }

  #codecOf({ trackId, codec, entry }: InitTrack): CodecLook | undefined {
    const known = this.#options.codecs.get(trackId);
    if (known || !codec) return known;
    const made = new CodecLook(codec.codec);
    this.#options.codecs.set(trackId, made);
    try {
      if (codec.config.length > 0) made.configure(codec.config);
      made.describe(codec.color);
    } catch (error) {
      if (!(error instanceof CodecLookError)) throw error;
      const message = `the configuration in ${entry} cannot be read: ${error.message}`;
      this.#options.findings?.add('config-unreadable', message, this.#options.where);
    }
    return made;
  }

  #fault(what: string): void {
    this.faults.push({ what });
  }
}

/** CODECS names the sample entry: `hev1` and `avc3` where parameter sets may be in band. */
function named<Facts extends { readonly codecString?: string | undefined }>(
  facts: Facts,
  entry: string,
): Facts {
  if (facts.codecString === undefined || (entry !== 'hev1' && entry !== 'avc3')) return facts;
  return { ...facts, codecString: facts.codecString.replace(/^[^.]+/, entry) };
}
