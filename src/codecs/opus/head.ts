import { CodecError } from '../codec-error.ts';

/** What an identification header says. */
export interface OpusHead {
  /** Output channels. */
  readonly channels: number;
  /** Samples at 48 kHz that a decoder makes before the first that counts. */
  readonly preSkip: number;
  /** Of the sound before it was encoded, in Hz; 0: not told. */
  readonly inputRate: number;
  /** In 1/256 dB. */
  readonly gain: number;
  /** 0 mono and stereo, 1 up to 8 channels in Vorbis's order, 255 as somebody has agreed. */
  readonly family: number;
  readonly streams: number;
  /** Of the streams, those that are stereo; they come first. */
  readonly coupled: number;
  /** For each output channel its decoded one; 255 is silence. Empty in family 0. */
  readonly mapping: Uint8Array;
}

const MAGIC = Buffer.from('OpusHead');
/** As far as the mapping family. */
const HEAD_SIZE = 19;
const SILENT = 255;
/** What libopus looks ahead, and what it writes here. */
const USUAL_PRE_SKIP = 312;

/** True for the header that comes second in Ogg files, `OpusTags`: nothing in it matters to a decoder. */
export function isOpusTags(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf('OpusTags') === 0;
}

/**
 * Reads an identification header, `OpusHead`: RFC 7845 §5.1. Numbers are little-endian. Bytes behind it are tolerated.
 *
 * @throws {CodecError} OPUS_CONFIG
 */
export function readOpusHead(bytes: Uint8Array): OpusHead {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < HEAD_SIZE || !view.subarray(0, MAGIC.length).equals(MAGIC))
    throw new CodecError('OPUS_CONFIG', 'no identification header of Opus (OpusHead)');
  const version = view[8]!;
  if (version >> 4 !== 0) throw new CodecError('OPUS_CONFIG', `an Opus header of unknown version ${version}`);
  const channels = view[9]!;
  const family = view[18]!;
  const layout =
    family === 0
      ? { streams: 1, coupled: channels - 1, mapping: new Uint8Array(0) }
      : readMapping(view.subarray(HEAD_SIZE), channels);
  const most = family === 0 ? 2 : family === 1 ? 8 : 255;
  if (channels < 1 || channels > most)
    throw new CodecError('OPUS_CONFIG', `${channels} channels in an Opus header of mapping family ${family}`);
  return {
    channels,
    preSkip: view.readUInt16LE(10),
    inputRate: view.readUInt32LE(12),
    gain: view.readInt16LE(16),
    family,
    ...layout,
  };
}

function readMapping(bytes: Uint8Array, channels: number): Pick<OpusHead, 'streams' | 'coupled' | 'mapping'> {
  const [streams = 0, coupled = 0] = bytes;
  const mapping = bytes.subarray(2, 2 + channels);
  if (mapping.length < channels || streams < 1 || coupled > streams || streams + coupled > 255)
    throw new CodecError('OPUS_CONFIG', 'an Opus header whose channel mapping is cut short or impossible');
  if (mapping.some((decoded) => decoded !== SILENT && decoded >= streams + coupled))
    throw new CodecError('OPUS_CONFIG', 'an Opus header that maps channels that do not exist');
  return { streams, coupled, mapping };
}

/** Streams, coupled streams and mapping of 1 to 8 channels in Vorbis's order: RFC 7845 §5.1.1.2, as libopus arranges them. */
const SURROUND: readonly (readonly [number, number, readonly number[]])[] = [
  [1, 0, [0]],
  [1, 1, [0, 1]],
  [2, 1, [0, 2, 1]],
  [2, 2, [0, 1, 2, 3]],
  [3, 2, [0, 4, 1, 2, 3]],
  [4, 2, [0, 4, 1, 2, 3, 5]],
  [4, 3, [0, 4, 1, 2, 3, 5, 6]],
  [5, 3, [0, 6, 1, 2, 3, 4, 5, 7]],
];

/** The header of a stream that came without one. `channels`: 1 to 8. @throws {CodecError} OPUS_CONFIG for more */
export function makeOpusHead(channels: number): Uint8Array {
  const layout = SURROUND[channels - 1];
  if (!layout) throw new CodecError('OPUS_CONFIG', `Opus of ${channels} channels that came without a header`);
  const head = Buffer.alloc(HEAD_SIZE);
  MAGIC.copy(head);
  head[8] = 1; //                                  version
  head[9] = channels;
  head.writeUInt16LE(USUAL_PRE_SKIP, 10);
  head.writeUInt32LE(48_000, 12);
  if (channels <= 2) return head;
  const [streams, coupled, mapping] = layout;
  head[18] = 1; //                                 mapping family
  return Buffer.concat([head, Uint8Array.of(streams, coupled, ...mapping)]);
}
