import m2ts, { type PesEvent } from 'mux.js/lib/m2ts/m2ts.js';
import probe from 'mux.js/lib/m2ts/probe.js';
import { InspectError } from './errors.ts';
import type { Findings } from './findings.ts';
import type { MediaLook } from './media-look.ts';
import { unwrap } from './numbers.ts';
import type { TransportFacts } from './report-media.ts';
import { PacketWatch, TS_PACKET_BYTES, type TransportClock } from './ts-packets.ts';
import type { TimedPes } from './timed-pes.ts';
import type { DeclaredTrack, PictureStart, SegmentMedia } from './segment-media.ts';
import { TrackInSegment } from './track-in-segment.ts';
import { AdtsLook } from './ts-audio.ts';
import { AccessUnitLook, type AccessUnit } from './ts-video.ts';

/** ISO/IEC 13818-1 §2.7.2. */
const MAX_PCR_INTERVAL_SECONDS = 0.1;

const STREAM_TYPE_AVC = 0x1b;
const STREAM_TYPE_ADTS = 0x0f;
const KINDS: Readonly<Record<number, 'video' | 'audio'>> = {
  [STREAM_TYPE_AVC]: 'video',
  [STREAM_TYPE_ADTS]: 'audio',
};
/** What mux.js does not take apart: ISO/IEC 13818-1 Table 2-34 and the registered private ones. */
const OTHER_STREAMS: Readonly<Record<number, string>> = {
  0x01: 'MPEG-1 video',
  0x02: 'MPEG-2 video',
  0x03: 'MPEG-1 audio',
  0x04: 'MPEG-2 audio',
  0x10: 'MPEG-4 video',
  0x11: 'AAC in LATM',
  0x24: 'HEVC (H.265)',
  0x81: 'AC-3',
  0x87: 'E-AC-3',
};

export interface TransportLookOptions {
  readonly media: MediaLook;
  readonly findings: Findings;
  readonly clock: TransportClock;
  /** For findings: which segment. */
  readonly where?: string | undefined;
}

/** Takes MPEG-TS apart with mux.js: packets, PES packets, access units, ADTS frames. One for each segment. */
export class TransportLook implements SegmentMedia {
  readonly declaredBy = 'PMT';
  readonly #options: TransportLookOptions;
  readonly #watch: PacketWatch;
  readonly #packets = new m2ts.TransportPacketStream();
  readonly #adts: AdtsLook;
  readonly #video: AccessUnitLook;
  #streamTypes: Record<string, number> = {};
  #pmtPid: number | undefined;
  #pushed = 0;
  #pesWithoutTime = 0;
  /** By PID: what these bytes have of each track. */
  readonly tracks = new Map<number, TrackInSegment>();
  /** Undefined until there is one. */
  firstAccessUnit: AccessUnit | undefined;

  constructor(options: TransportLookOptions) {
    this.#options = options;
    this.#watch = new PacketWatch(options.clock);
    this.#adts = new AdtsLook(options.findings, options.where);
    this.#video = new AccessUnitLook(options.findings, options.where);
    const parse = new m2ts.TransportParseStream();
    this.#packets.on('data', (packet) => {
      this.#watch.see(packet, parse.pmtPid);
      this.#pmtPid = parse.pmtPid;
      this.#seeProgramMap(packet);
    });
    const elementary = this.#packets.pipe(parse).pipe(new m2ts.ElementaryStream());
    elementary.on('data', (event) => {
      if (event.type === 'video' || event.type === 'audio') this.#seePes(event);
    });
  }

  push(bytes: Uint8Array): void {
    this.#pushed += bytes.length;
    takenApart(() => this.#packets.push(bytes));
  }

  /** No more is coming: hands on what is still held, and tells what is odd. */
  end(cut: boolean): void {
    this.#watch.end();
    takenApart(() => this.#packets.flush());
    this.#findOdd(cut);
  }

  /** The first track of that kind that has frames. */
  firstTrack(kind: 'video' | 'audio'): TrackInSegment | undefined {
    return [...this.tracks.values()].find((track) => track.kind === kind && track.frames > 0);
  }

  get declared(): ReadonlyMap<number, DeclaredTrack> {
    return new Map(
      Object.entries(this.#streamTypes).map(([pid, type]) => [
        Number(pid),
        // Other types (captions, timed metadata) may be silent for hours, or are not looked into.
        { what: `PID ${pid} of type ${type}`, kind: KINDS[type] },
      ]),
    );
  }

  get start(): PictureStart | undefined {
    const first = this.firstAccessUnit;
    return first && { isKey: first.idr || first.recoveryPoint, isConfigured: first.sps && first.pps };
  }

  get startsWithPat(): boolean {
    return this.#watch.startsWithPat;
  }

  get startsWithPmt(): boolean {
    return this.#watch.startsWithPmt;
  }

  facts(): TransportFacts {
    return {
      packets: this.#watch.packets,
      pmtPid: this.#pmtPid,
      streamTypes: this.#streamTypes,
      continuityErrors: this.#watch.continuityErrors,
      lostBytes: this.#lostBytes,
      pcrCount: this.#watch.pcrCount,
      longestPcrIntervalSeconds: this.#watch.longestPcrIntervalSeconds,
    };
  }

  get #lostBytes(): number {
    return this.#pushed - this.#watch.packets * TS_PACKET_BYTES;
  }

  #seeProgramMap(packet: Uint8Array): void {
    const pid = ((packet[1]! & 0x1f) << 8) | packet[2]!;
    if (pid !== this.#pmtPid || (packet[1]! & 0x40) === 0) return;
    const types = probe.parsePmt(packet);
    if (!types) return;
    for (const [streamPid, type] of Object.entries(types)) {
      if (this.#streamTypes[streamPid] === type) continue;
      this.#announce(streamPid, type);
    }
    this.#streamTypes = types;
  }

  #announce(pid: string, type: number): void {
    const { media, findings, where } = this.#options;
    if (type === STREAM_TYPE_AVC) media.track(`pid ${pid}`, 'video').announce('H.264');
    else if (type === STREAM_TYPE_ADTS) media.track(`pid ${pid}`, 'audio').announce('AAC');
    else if (OTHER_STREAMS[type]) {
      findings.add('codec-not-read', `PID ${pid} is ${OTHER_STREAMS[type]}, which is not looked into`, where);
    }
  }

  #seePes(pes: PesEvent): void {
    const dts = pes.dts;
    const pts = pes.pts;
    const bytes = this.#watch.bytesOfPes(pes.trackId);
    if (dts === undefined || pts === undefined) {
      this.#pesWithoutTime++;
      return;
    }
    const clock = this.#options.clock;
    const unwrapped = unwrap(dts, clock.near, 2 ** 33);
    clock.near = unwrapped;
    const timed = {
      ...pes,
      dts: unwrapped,
      pts: unwrapped + (((pts - dts + 3 * 2 ** 32) % 2 ** 33) - 2 ** 32),
    };
    if (pes.type === 'video') this.#seeVideo(timed, bytes);
    else this.#seeAudio(timed, bytes);
  }

  #seeVideo(pes: TimedPes, bytes: number): void {
    const { media } = this.#options;
    const track = media.track(`pid ${pes.trackId}`, 'video');
    const unit = this.#video.read(pes);
    const here = this.#here(pes);
    here.frame(pes);
    if (unit.facts) {
      track.describe(unit.facts);
      here.describe(unit.facts);
    }
    this.firstAccessUnit ??= unit;
    media.add(track, { dts: pes.dts, pts: pes.pts, bytes, keyFrame: unit.idr });
  }

  #seeAudio(pes: TimedPes, bytes: number): void {
    const { media } = this.#options;
    const track = media.track(`pid ${pes.trackId}`, 'audio');
    let packetBytes = bytes; // all counted with the first frame of the packet
    const here = this.#here(pes);
    for (const frame of this.#adts.read(pes)) {
      track.describe(frame.facts);
      here.describe(frame.facts);
      here.frame(frame);
      media.add(track, { dts: frame.dts, pts: frame.pts, bytes: packetBytes, keyFrame: true });
      packetBytes = 0;
    }
  }

  #here(pes: TimedPes): TrackInSegment {
    const kind = pes.type === 'video' ? 'video' : 'audio';
    const here = this.tracks.get(pes.trackId) ?? new TrackInSegment(pes.trackId, kind);
    this.tracks.set(pes.trackId, here);
    here.packet(pes.dts);
    return here;
  }

  #findOdd(cut: boolean): void {
    const { findings, where } = this.#options;
    const { continuityErrors, longestPcrIntervalSeconds, lostBytes } = this.facts();
    if (lostBytes > 0 && lostBytes < TS_PACKET_BYTES && this.#pushed % TS_PACKET_BYTES !== 0) {
      if (!cut)
        findings.add(
          'cut-short',
          `it ends in the middle of a packet: ${lostBytes} bytes of ${TS_PACKET_BYTES}`,
          where,
        );
    } else if (lostBytes > 0) {
      findings.add(
        'framing-lost',
        `${lostBytes} bytes are not in packets of ${TS_PACKET_BYTES} bytes`,
        where,
      );
    }
    if (continuityErrors > 0) {
      findings.add(
        'ts-continuity',
        `continuity counters jump ${continuityErrors} times: packets are missing`,
        where,
      );
    }
    if ((longestPcrIntervalSeconds ?? 0) > MAX_PCR_INTERVAL_SECONDS) {
      findings.add(
        'ts-pcr-interval',
        `${longestPcrIntervalSeconds} s between two PCRs, at most 0.1 s are allowed`,
        where,
      );
    }
    if (this.#pesWithoutTime > 0) {
      findings.add(
        'ts-pes-without-time',
        `${this.#pesWithoutTime} PES packets are incomplete or carry no time`,
        where,
      );
    }
  }
}

/** mux.js has no errors of its own: at a program map that is not in force yet, for one, it falls over. */
function takenApart(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof InspectError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new InspectError('BROKEN', `MPEG-TS that mux.js cannot take apart (${why})`, { cause: error });
  }
}
