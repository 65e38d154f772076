import { encodeAmf0 } from '../../src/amf/amf0-writer.ts';
import { AmfObject } from '../../src/amf/value.ts';
import { readFlacFrame } from '../../src/codecs/flac/frame.ts';
import type { AudioCodec, VideoCodec } from '../../src/media/track.ts';
import type { CodedClip, CodedPacket } from './coded-clips.ts';
import {
  codedFrame,
  colorMetadata,
  manyCodecs,
  manyTracks,
  oneTrack,
  PacketType,
  plain,
  withNanoOffset,
  type ColorInfo,
  type FourCc,
  type Packet,
} from './enhanced-tags.ts';
import { RtmpPeer, type RtmpPeerOptions } from './rtmp-peer.ts';

/** One track of a publisher, all that it will send. */
export interface CodedTrack {
  readonly kind: 'video' | 'audio';
  readonly fourCc: FourCc;
  /** Track number, 0 to 255; 0 is the main one. */
  readonly track?: number;
  /** SequenceStart's body: hvcC, av1C, vpcC with version and flags, OpusHead, `fLaC` … None for what has none. */
  readonly config?: Uint8Array | undefined;
  /** Sent behind the configuration, in a Metadata packet. */
  readonly colorInfo?: ColorInfo;
  /** Sent behind the configuration: see nativeChannels, customChannels. */
  readonly channels?: Packet;
  readonly packets: readonly CodedPacket[];
}

const FOUR_CC: Readonly<Record<VideoCodec | AudioCodec, FourCc>> = {
  ...{ avc: 'avc1', hevc: 'hvc1', av1: 'av01', vp9: 'vp09', vp8: 'vp08' },
  ...{ aac: 'mp4a', opus: 'Opus', flac: 'fLaC', ac3: 'ac-3', eac3: 'ec-3', mp3: '.mp3' },
};

/** A clip of coded-clips.ts as a track; `more` says what is different. */
export function trackOf(clip: CodedClip, more: Partial<CodedTrack> = {}): CodedTrack {
  return {
    kind: clip.kind,
    fourCc: FOUR_CC[clip.codec],
    config: clip.config,
    packets: clip.packets,
    ...more,
  };
}

/** A message on its way out, for the hook that cuts, lies and truncates. */
export interface Outgoing {
  readonly kind: 'video' | 'audio';
  /** ms. */
  readonly timestamp: number;
  readonly body: Buffer;
  /** Numbers of the tracks in it. */
  readonly tracks: readonly number[];
  /** PacketType of what is in it. */
  readonly type: number;
}

export interface EnhancedPublisherOptions {
  readonly url: string;
  readonly tracks: readonly CodedTrack[];
  /**
   * How tracks travel. `one` (default): track 0 the plain way, each packet of another in a message of its own, as OBS does.
   * `many`: what falls on one timestamp in one message if it has one codec. `codecs`: whatever its codec. `all`: as `one`, but
   * track 0 with its number too.
   */
  readonly multitrack?: 'one' | 'many' | 'codecs' | 'all';
  /** AVC and AAC of track 0 by codec id as before, as OBS and ffmpeg do. */
  readonly legacy?: boolean;
  /** Fractions of a millisecond in a ModEx. */
  readonly nano?: boolean;
  /** 1: in real time (default); 4: four times as fast; Infinity: at once, as fast as the server reads. */
  readonly speed?: number;
  /** How often the packets are sent, one round behind the other; Infinity for as long as it lasts. */
  readonly rounds?: number;
  /** Values of onMetaData, if any. */
  readonly metadata?: Readonly<Record<string, number | string | boolean>>;
  /** What is sent in place of a message: nothing for an empty list. */
  readonly tamper?: (message: Outgoing) => readonly Outgoing[];
  readonly peer?: RtmpPeerOptions;
}

/** A packet with its place in time and its track. */
interface Due {
  readonly at: number;
  readonly track: CodedTrack;
  readonly packet: Packet;
}

const TICK_MS = 10;
/** Bytes that wait in our socket before a fast publisher lets the server read. */
const ENOUGH_BYTES = 1024 * 1024;

/**
 * Publishes coded frames by Enhanced RTMP, to any server, over a connection of its own. Its tags come from enhanced-tags.ts, which
 * owes nothing to the code under test.
 *
 *     const publisher = await EnhancedPublisher.start({ url: `${test.rtmp}/live/cam`, tracks: [hevc, opus] });
 *     …
 *     await publisher.leave();
 *
 * with `const hevc = trackOf(await codedClip('hevc'))`, a second picture `trackOf(await codedClip('avc'), { track: 1 })`.
 */
export class EnhancedPublisher {
  readonly peer: RtmpPeer;
  /** Resolves when all has been sent, or the connection is over. */
  readonly done: Promise<void>;
  /** Messages sent so far. */
  sent = 0;
  readonly #options: EnhancedPublisherOptions;
  readonly #silent = new Set<string>();
  #stop: () => void = () => undefined;

  private constructor(peer: RtmpPeer, options: EnhancedPublisherOptions) {
    this.peer = peer;
    this.#options = options;
    this.done = this.#run().catch(() => undefined);
    this.#begin();
  }

  /** Resolves when the server has let it in. */
  static async start(options: EnhancedPublisherOptions): Promise<EnhancedPublisher> {
    const peer = new RtmpPeer('publish', options.url, options.peer);
    await peer.started;
    return new EnhancedPublisher(peer, options);
  }

  /** A track sends nothing any more; with `end`, a SequenceEnd first. */
  silence(kind: 'video' | 'audio', track = 0, end = false): void {
    const of = this.#options.tracks.find((one) => one.kind === kind && (one.track ?? 0) === track);
    if (end && of)
      this.#send([
        {
          at: this.#now,
          track: of,
          packet: { kind, fourCc: of.fourCc, type: PacketType.sequenceEnd, data: Buffer.alloc(0) },
        },
      ]);
    this.#silent.add(`${kind}${track}`);
  }

  /** And goes on. */
  resume(kind: 'video' | 'audio', track = 0): void {
    this.#silent.delete(`${kind}${track}`);
  }

  /** A message of the test's own making, now. */
  raw(kind: 'video' | 'audio', body: Uint8Array): void {
    this.peer.send(kind === 'video' ? 9 : 8, Math.floor(this.#now), body);
  }

  /** Takes leave properly. */
  async leave(): Promise<void> {
    this.#stop();
    await this.peer.leave();
  }

  /** As if the machine had lost its power. */
  kill(): void {
    this.#stop();
    this.peer.kill();
  }

  /** Of what was sent last, ms. */
  #now = 0;

  #begin(): void {
    const { metadata, tracks } = this.#options;
    if (metadata) this.peer.send(18, 0, encodeAmf0('onMetaData', AmfObject.of(metadata, 'ecma-array')));
    for (const header of tracks.flatMap(headersOf)) this.#send([header]);
  }

  async #run(): Promise<void> {
    const { speed = 1, rounds = 1 } = this.#options;
    const due = this.#options.tracks.flatMap(packetsOf).sort((a, b) => a.at - b.at);
    const length = lengthOf(this.#options.tracks);
    let isStopped = due.length === 0;
    this.#stop = () => (isStopped = true);
    const isDone = (): boolean => isStopped || this.peer.isClosed;
    const begun = performance.now();
    await this.peer.started;
    for (let round = 0, next = 0; !isDone() && round < rounds;) {
      const queued = this.peer.socket.writableLength;
      const now = (performance.now() - begun) * speed;
      while (
        next < due.length &&
        !isDone() &&
        (speed === Infinity || due[next]!.at + round * length <= now)
      ) {
        const together = this.#together(due, next);
        next += together.length;
        this.#send(together.map((one) => ({ ...one, at: one.at + round * length })));
        if (this.peer.socket.writableLength - queued > ENOUGH_BYTES) break;
      }
      if (next === due.length) {
        next = 0;
        round++;
      }
      await new Promise((resolve) => setTimeout(resolve, speed === Infinity ? 0 : TICK_MS));
    }
  }

  /** What goes into one message with the next packet. */
  #together(due: readonly Due[], from: number): Due[] {
    const { multitrack = 'one' } = this.#options;
    const first = due[from]!;
    if (multitrack === 'one' || multitrack === 'all') return [first];
    const together = [first];
    for (const one of due.slice(from + 1, from + 256)) {
      const isSame = (field: 'kind' | 'type' | 'isKey'): boolean => one.packet[field] === first.packet[field];
      const isOneCodec = multitrack === 'codecs' || one.packet.fourCc === first.packet.fourCc;
      if (one.at !== first.at || !isSame('kind') || !isSame('type') || !isSame('isKey') || !isOneCodec) break;
      together.push(one);
    }
    return together;
  }

  #send(all: readonly Due[]): void {
    const { tamper = (message: Outgoing): readonly Outgoing[] => [message], nano = false } = this.#options;
    const due = all.filter(({ track }) => !this.#silent.has(`${track.kind}${track.track ?? 0}`));
    const [first] = due;
    if (!first || this.peer.isClosed || this.peer.phase !== 'publishing') return;
    this.#now = Math.max(this.#now, first.at);
    const timestamp = Math.floor(first.at);
    const body = this.#body(due);
    const { kind } = first.track;
    const message: Outgoing = {
      kind,
      timestamp,
      body:
        nano && isEnhanced(kind, body)
          ? withNanoOffset(body, Math.round((first.at - timestamp) * 1e6))
          : body,
      tracks: due.map(({ track }) => track.track ?? 0),
      type: first.packet.type,
    };
    for (const one of tamper(message)) {
      this.peer.send(one.kind === 'video' ? 9 : 8, one.timestamp, one.body);
      this.sent++;
    }
  }

  #body(due: readonly Due[]): Buffer {
    const { multitrack = 'one', legacy = false } = this.#options;
    const { track, packet } = due[0]!;
    const number = track.track ?? 0;
    const tracks = due.map((one) => [one.track.track ?? 0, one.packet] as const);
    if (legacy && number === 0 && due.length === 1) {
      const body = legacyBody(packet);
      if (body) return body;
    }
    if (multitrack === 'many') return manyTracks(tracks);
    if (multitrack === 'codecs') return manyCodecs(tracks);
    return number === 0 && multitrack === 'one' ? plain(packet) : oneTrack(packet, number);
  }
}

const isEnhanced = (kind: 'video' | 'audio', body: Buffer): boolean =>
  kind === 'video' ? (body[0]! & 0x80) !== 0 : body[0]! >> 4 === 9;

/** In front of a track's first packet. */
function headersOf(track: CodedTrack): Due[] {
  const { kind, fourCc, config, colorInfo, channels } = track;
  const packets: Packet[] = [
    ...(config ? [{ kind, fourCc, type: PacketType.sequenceStart, isKey: true, data: config }] : []),
    ...(colorInfo ? [colorMetadata(fourCc, colorInfo)] : []),
    ...(channels ? [channels] : []),
  ];
  return packets.map((packet) => ({ at: 0, track, packet }));
}

function packetsOf(track: CodedTrack): Due[] {
  return track.packets.map(({ dtsMs, compositionMs, key, data }) => {
    const frame = { isKey: key, compositionMs: Math.round(compositionMs), data };
    return { at: dtsMs, track, packet: codedFrame(track, frame) };
  });
}

/** Of one round, ms: the longest track, and its last packet as long as the one before it, unless its codec says otherwise. */
function lengthOf(tracks: readonly CodedTrack[]): number {
  const ends = tracks.map(({ packets, fourCc }) => {
    const last = packets.at(-1);
    const at = last?.dtsMs ?? 0;
    const before = at - (packets.at(-2)?.dtsMs ?? 0);
    return at + Math.max(1, (fourCc === 'fLaC' && flacMs(last?.data)) || before);
  });
  return Math.max(0, ...ends);
}

/** The last frame of FLAC is as long as what was left. 0: it does not say. */
function flacMs(frame: Uint8Array | undefined): number {
  const { blockSize = 0, sampleRate = 0 } = (frame && readFlacFrame(frame)) ?? {};
  return sampleRate === 0 ? 0 : (1000 * blockSize) / sampleRate;
}

/** AVCVIDEOPACKET and AACAUDIODATA of FLV 10.1, Annex E.4; undefined for what has none. */
function legacyBody({ fourCc, type, isKey = true, data }: Packet): Buffer | undefined {
  if (fourCc === 'mp4a') return type > 1 ? undefined : Buffer.concat([Buffer.from([0xaf, type]), data]);
  if (fourCc !== 'avc1' || type > PacketType.codedFramesX) return undefined;
  const offset = type === PacketType.codedFrames ? data.subarray(0, 3) : Buffer.alloc(3);
  const rest = type === PacketType.codedFrames ? data.subarray(3) : data;
  const avcType = type === PacketType.codedFramesX ? 1 : type;
  return Buffer.concat([Buffer.from([isKey ? 0x17 : 0x27, avcType]), offset, rest]);
}
