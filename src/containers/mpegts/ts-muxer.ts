import type { AudioFrame, MediaFrame, VideoFrame } from '../../media/frame.ts';
import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { Track, TrackSet } from '../../media/track.ts';
import type { AudioPacker } from './audio-packer.ts';
import { accessUnitOf, packerOf, streamIdOf, streamKind } from './carriage.ts';
import { DecodeTimes, MAX_LOWERING } from './decode-times.ts';
import type { NalAccessUnit } from './nal-access-unit.ts';
import { PacketBuffer } from './packet-buffer.ts';
import { ADAPTATION } from './packet.ts';
import {
  AUDIO_PES_HEADER_SIZE,
  VIDEO_PES_HEADER_SIZE,
  writeAudioPesHeader,
  writeVideoPesHeader,
  writeVideoTimes,
} from './pes.ts';
import type { ElementaryStream } from './psi.ts';
import { AUDIO_PID, PAT_PID, PMT_PID, VIDEO_PID, writePat, writePmt } from './psi.ts';

/**
 * What decode and presentation times are ahead of the clock, in 90 kHz. The clock reference is the frame's own time,
 * so it is never negative and never later than a decode time; 0.7 s leaves {@link MAX_LOWERING} and some unevenness
 * in the interleaving of tracks.
 */
export const LEAD = (TICKS_PER_SECOND * 7) / 10;

/** A clock reference that a video frame is due to carry, after this many ticks without. */
const PCR_INTERVAL = TICKS_PER_SECOND / 25;
/** Ticks after which a packet of its own carries the clock: the standard's 100 ms (ISO/IEC 13818-1 §2.7.2), less a little. */
const MAX_PCR_GAP = (TICKS_PER_SECOND * 9) / 100;
/** Clock packets put into one gap: 9 s worth. A longer gap has no use for them. */
const MAX_PCRS_PER_GAP = 100;
/** How far audio may drive the clock past the last video frame, whose followers must not be found late. */
const MAX_PCR_AHEAD = LEAD - MAX_LOWERING;
/** How far the clock stays behind the audio while no video comes: publishers that write a second of each in turn are in time. */
const STALL_DISTANCE = (TICKS_PER_SECOND * 4) / 10;

/** A frame whose times can still be written anew. */
interface WrittenVideo {
  readonly header: number;
  readonly dts: number;
  readonly pts: number;
}

/**
 * Makes MPEG-TS segments (ISO/IEC 13818-1) of frames: {@link begin}, {@link write} …, {@link finish}, and again.
 * Times and continuity counters go on from segment to segment.
 *
 * The tracks have to be within a tenth of a second of each other for the clock to be early enough for both.
 */
export class TsMuxer {
  readonly #packets = new PacketBuffer();
  readonly #decodeTimes = new DecodeTimes();
  #tracks: TrackSet = {};
  #audioStreamId = 0;
  #pmtVersion = 31;
  #video: NalAccessUnit | undefined;
  #audio: AudioPacker | undefined;
  #pcrPid = VIDEO_PID;
  /** The last clock reference. */
  #pcr: number | undefined;
  /** The running segment has a clock reference: each needs one, for players who begin there. */
  #hasClock = false;
  #lastVideoDts: number | undefined;
  /** Time of the first sound written after the last picture. */
  #soundSince: number | undefined;
  #written: WrittenVideo[] = [];
  #segmentMark = this.#decodeTimes.mark();
  #audioBegun = false;

  /** Bytes of the running segment so far. */
  get size(): number {
    return this.#packets.size;
  }

  /**
   * Begins a segment with PAT and PMT. Frames of other tracks than these must not be written to it.
   *
   * @param follows its times go on from the segment before: so does the clock, with references for the time in between
   * @throws {CodecError} for a track whose configuration cannot be read; see the packager's `refusal`
   */
  begin(tracks: TrackSet, follows = false): void {
    this.#use(tracks);
    this.#pcrPid = tracks.video ? VIDEO_PID : AUDIO_PID;
    if (!follows) this.#pcr = undefined;
    this.#written.length = 0;
    this.#segmentMark = this.#decodeTimes.mark();
    this.#audioBegun = false;
    this.#hasClock = false;
    const pat = this.#packets.addPacket();
    writePat(this.#packets.bytes, pat, this.#packets.nextContinuity(PAT_PID));
    this.#writePmt();
  }

  write(frame: MediaFrame): void {
    if (frame.kind === 'video') this.#writeVideo(frame);
    else this.#writeAudio(frame);
  }

  /** The segment's bytes: whole packets, every frame written in them. */
  finish(): Buffer {
    this.#flushAudio();
    this.#written.length = 0;
    return this.#packets.take();
  }

  /** Gives back the room of the segments to come: after {@link finish}, when none comes for a while. */
  rest(): void {
    this.#packets.rest();
  }

  #use(tracks: TrackSet): void {
    const { video, audio } = tracks;
    if (video === this.#tracks.video && audio === this.#tracks.audio) return;
    if (video !== this.#tracks.video) {
      this.#video = video && accessUnitOf(video);
      this.#lastVideoDts = undefined;
    }
    if (audio !== this.#tracks.audio) {
      this.#audio = audio && packerOf(audio);
      this.#audioStreamId = audio ? streamIdOf(audio) : 0;
    }
    this.#tracks = tracks;
    this.#pmtVersion = (this.#pmtVersion + 1) & 0x1f;
  }

  #writePmt(): void {
    const { video, audio } = this.#tracks;
    const streams = [...elementaryStream(VIDEO_PID, video), ...elementaryStream(AUDIO_PID, audio)];
    const at = this.#packets.addPacket();
    const continuity = this.#packets.nextContinuity(PMT_PID);
    writePmt(this.#packets.bytes, at, continuity, this.#pmtVersion, this.#pcrPid, streams);
  }

  #writeVideo(frame: VideoFrame): void {
    const unit = this.#video;
    if (!unit) return;
    if (this.#audio?.isDue(frame.dts)) this.#flushAudio();
    const size = unit.measure(frame.payload, frame.startsGop);
    if (size === 0) return;
    this.#fillClockGap(frame.dts);
    this.#lastVideoDts = frame.dts;
    this.#soundSince = undefined;
    if (this.#decodeTimes.learn(frame.dts, frame.pts)) this.#writeTimesAnew();
    const flags =
      (frame.startsGop ? ADAPTATION.randomAccess : 0) |
      (this.#takesPcr(frame.dts, frame.startsGop) ? ADAPTATION.pcr : 0);
    const dts = this.#decodeTimes.next(frame.dts);
    const pts = Math.max(frame.pts, dts);
    const length = VIDEO_PES_HEADER_SIZE + size;
    const at = this.#packets.reserve(length, flags);
    writeVideoPesHeader(this.#packets.bytes, at, size, pts + LEAD, dts + LEAD);
    unit.write(this.#packets.bytes, at + VIDEO_PES_HEADER_SIZE);
    const header = this.#packets.spread(VIDEO_PID, length, flags, this.#pcr ?? 0);
    this.#written.push({ header, dts: frame.dts, pts: frame.pts });
  }

  /** The segment has not been handed out yet: with more lowering known, its decode times can all be had right. */
  #writeTimesAnew(): void {
    this.#decodeTimes.back(this.#segmentMark);
    for (const frame of this.#written) {
      const dts = this.#decodeTimes.next(frame.dts);
      const pts = Math.max(frame.pts, dts);
      writeVideoTimes(this.#packets.bytes, frame.header, pts + LEAD, dts + LEAD);
    }
  }

  #writeAudio(frame: AudioFrame): void {
    const packer = this.#audio;
    if (!packer) return;
    if (packer.mustFlushBefore(frame)) this.#flushAudio();
    packer.add(frame);
  }

  #flushAudio(): void {
    const packer = this.#audio;
    if (!packer || packer.size === 0) return;
    const dts = packer.firstDts;
    if (this.#video) this.#driveVideoClock(dts);
    else this.#fillClockGap(dts);
    const flags = this.#audioFlags(dts);
    const size = packer.size;
    const length = AUDIO_PES_HEADER_SIZE + size;
    const at = this.#packets.reserve(length, flags);
    writeAudioPesHeader(this.#packets.bytes, at, this.#audioStreamId, size, Math.round(dts) + LEAD);
    packer.write(this.#packets.bytes, at + AUDIO_PES_HEADER_SIZE);
    this.#packets.spread(AUDIO_PID, length, flags, this.#pcr ?? 0);
  }

  /** Audio keeps the clock going where video frames are far apart, and starts it where none has come yet. */
  #driveVideoClock(dts: number): void {
    // Where the picture has stalled, the clock still follows the sound, at a distance that leaves late pictures in time.
    // Sound that is seconds ahead, with pictures coming all the time, is no stall.
    const waited = dts - (this.#soundSince ??= dts);
    const soon = (this.#lastVideoDts ?? dts) + Math.max(MAX_PCR_AHEAD, waited - STALL_DISTANCE);
    const time = Math.min(dts, soon);
    this.#fillClockGap(time);
    if (this.#hasClock) return;
    this.#pcr = Math.max(time, (this.#pcr ?? -Infinity) + 1);
    this.#packets.addPcr(VIDEO_PID, this.#pcr);
    this.#hasClock = true;
  }

  #audioFlags(dts: number): number {
    if (this.#video) return 0;
    const first = !this.#audioBegun;
    this.#audioBegun = true;
    return (first ? ADAPTATION.randomAccess : 0) | (this.#takesPcr(dts, first) ? ADAPTATION.pcr : 0);
  }

  /** Where a frame of the clock's track stands: true, and the clock is set, if it should carry a reference. */
  #takesPcr(dts: number, always: boolean): boolean {
    if (this.#pcr !== undefined && this.#hasClock && !always && dts - this.#pcr < PCR_INTERVAL) return false;
    this.#hasClock = true;
    // Sound may have driven the clock past a frame that starts a segment; it never goes back.
    this.#pcr = this.#pcr === undefined ? dts : Math.max(dts, this.#pcr + 1);
    return true;
  }

  /** Adds clock packets so that the next thing written, at `dts`, is not too far from the last reference. */
  #fillClockGap(dts: number): void {
    for (let added = 0; added < MAX_PCRS_PER_GAP; added++) {
      if (this.#pcr === undefined || dts - this.#pcr <= MAX_PCR_GAP) return;
      this.#pcr += MAX_PCR_GAP;
      this.#packets.addPcr(this.#pcrPid, this.#pcr);
      this.#hasClock = true;
    }
  }
}

function elementaryStream(pid: number, track: Track | undefined): ElementaryStream[] {
  const kind = track && streamKind(track);
  return kind ? [{ pid, ...kind }] : [];
}
