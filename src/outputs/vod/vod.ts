import type { FileHandle } from 'node:fs/promises';
import { AmfError } from '../../amf/errors.ts';
import { TruncatedError } from '../../bytes/byte-reader.ts';
import { CodecError } from '../../codecs/codec-error.ts';
import { Mp4Error } from '../../containers/fmp4/reader.ts';
import { ByteWindow } from '../recorder/byte-window.ts';
import type { RecordingFormat } from '../recorder/muxer.ts';
import { readFlvIndex } from './flv-index.ts';
import { readMp4Index } from './mp4-index.ts';
import { cmafInit, cmafSegment } from './cmaf-segment.ts';
import { framesIn } from './flv-frames.ts';
import { Recent } from './recent.ts';
import { tsSegment } from './ts-segment.ts';
import { VodError, type FlvIndex, type VodIndex } from './vod-index.ts';
import type { SegmentWanted } from './vod-playlist.ts';

/** A recording whose file is open. */
export interface OpenRecording {
  readonly id: string;
  readonly format: RecordingFormat;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Still being written. */
  readonly active: boolean;
  readonly file: Pick<FileHandle, 'read'>;
  /** By now. */
  readonly bytes: number;
  /** Wall clock, ms. */
  readonly changedAt: number;
}

/** Indexes kept: of 4,096 key frames each at most, some hundred kilobytes. */
const MAX_INDEXES = 64;
/** A file that grows is not walked through again sooner. */
const GROWING_MS = 3_000;
/** Segments kept, bytes of all together: those that several viewers ask for at about the same time. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
/** How long what nobody asks for is kept. */
const KEPT_MS = 60_000;
/** 30 s of 17 Mb/s. More without a key frame is not made into one piece. */
const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;

/** Knows what is where in recordings, and makes segments of them. */
export class Vod {
  readonly #indexes: Recent<VodIndex>;
  readonly #segments: Recent<Buffer>;
  readonly #now: () => number;

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.#now = now;
    this.#indexes = new Recent({ now, most: MAX_INDEXES, keptMs: KEPT_MS });
    this.#segments = new Recent({ now, most: MAX_KEPT_BYTES, keptMs: KEPT_MS });
  }

  /** What is where; of a file that grows, as of some seconds ago. @throws {VodError}, or what the system says */
  index(recording: OpenRecording): Promise<VodIndex> {
    const { active, bytes, changedAt, file, format } = recording;
    const version = active ? Math.floor(this.#now() / GROWING_MS) : `${bytes} ${changedAt}`;
    const read = (): Promise<VodIndex> => {
      const window = new ByteWindow(file, bytes);
      return understood<VodIndex>(format === 'mp4' ? readMp4Index(window) : readFlvIndex(window));
    };
    return this.#indexes.get(`${keyOf(recording)} ${active} ${version}`, read, () => 1);
  }

  /** What stands in front of the segments of an FLV file. @throws {VodError}, or what the system says */
  async init(recording: OpenRecording): Promise<Buffer> {
    const index = await this.index(recording);
    if (index.format !== 'flv' || index.container !== 'fmp4') throw noSegment();
    return cmafInit(index.tracks);
  }

  /** A segment of an FLV file's bytes from `from` up to `to`. @throws {VodError}, or what the system says */
  async segment(recording: OpenRecording, wanted: SegmentWanted): Promise<Buffer> {
    const { from, to, container } = wanted;
    if (to > recording.bytes) throw new VodError('the recording does not go so far');
    if (to - from > MAX_SEGMENT_BYTES)
      throw new VodError(
        'there are too few key frames in this recording to play it in segments; download it instead',
      );
    const index = await this.index(recording);
    if (index.format !== 'flv') throw new VodError('this recording is played by ranges of its bytes');
    if (index.container !== container) throw noSegment();
    const make = (): Promise<Buffer> => understood(makeSegment(recording, index, wanted));
    return this.#segments.get(`${keyOf(recording)} ${from} ${to}`, make, ({ length }) => length);
  }
}

const noSegment = (): VodError => new VodError('the recording has no such segment');

/** Names are used again when a recording was removed. */
const keyOf = ({ id, startedAt }: OpenRecording): string => `${id} ${startedAt}`;

async function makeSegment(
  { file }: OpenRecording,
  { container, points, tracks }: FlvIndex,
  { from, to }: SegmentWanted,
): Promise<Buffer> {
  const tags = Buffer.allocUnsafeSlow(to - from);
  let got = 0;
  while (got < tags.length) {
    const { bytesRead } = await file.read(tags, got, tags.length - got, from + got);
    if (bytesRead === 0) throw new VodError('the recording does not go so far');
    got += bytesRead;
  }
  const frames = framesIn(tags, tracks);
  if (container === 'ts') return tsSegment(frames, tracks);
  const number = 1 + points.findIndex(({ position }) => position >= from);
  const end = points.find(({ position }) => position >= to)?.at;
  return cmafSegment({ tracks, frames, number, end });
}

/** A file that says nonsense is told apart from a disk that fails. */
async function understood<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const isNonsense = [AmfError, CodecError, Mp4Error, TruncatedError].some((one) => error instanceof one);
    throw isNonsense ? new VodError('the recording cannot be read', { cause: error }) : error;
  }
}
