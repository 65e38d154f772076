import type { Variant } from '../playlist.ts';
import type { TrackFacts } from '../track-look.ts';
import type { Breach } from './rules.ts';
import type { Landmark } from './variants.ts';

/** Apple's authoring rules forgive a live stream as much: its rates were promised before these segments were made. */
const BANDWIDTH_TOLERANCE = 1.1;
/** Frames a second by which FRAME-RATE may be off. */
const FRAME_RATE_TOLERANCE = 1;

/** What was found in one media playlist. */
export interface Found {
  readonly live: boolean;
  readonly targetSeconds: number;
  /** Different configurations of tracks that have frames. */
  readonly video: readonly TrackFacts[];
  readonly audio: readonly TrackFacts[];
  readonly fps?: number | undefined;
  /** Some of the media belong to a rendition that could not be taken apart. */
  readonly isPartial?: boolean | undefined;
  /** Segments in their order: bytes, seconds by EXTINF. */
  readonly sizes: readonly { readonly bytes: number; readonly seconds: number }[];
  readonly landmarks: readonly Landmark[];
  /** EXT-X-SERVER-CONTROL as it is written; undefined: there is none. */
  readonly control: string | undefined;
  /** Bits a second at the peak of what is played with it from a playlist of its own. */
  readonly besides?: number | undefined;
}

/**
 * What a multivariant playlist promises beside what was found: RFC 8216 §4.3.4.2.
 *
 * @param versions the variant as it stood each time that the multivariant playlist was read: what is true of one of them counts
 */
export function promiseBreaches(versions: readonly Variant[], found: Found): Breach[] {
  return [
    ...codecBreaches(versions, found),
    ...sizeBreaches(versions, found),
    ...rateBreaches(versions, found),
    ...bandwidthBreaches(versions, found),
  ];
}

/** CODECS speaks of a variant's renditions as well: `renditions` holds undefined for one that was not read. */
export function withRenditions(found: Found, renditions: readonly (Found | undefined)[]): Found {
  const all = renditions.filter((one) => one !== undefined);
  return {
    ...found,
    video: [...found.video, ...all.flatMap(({ video }) => video)],
    audio: [...found.audio, ...all.flatMap(({ audio }) => audio)],
    besides: Math.max(0, ...all.map(({ sizes, targetSeconds }) => peakBitRate(sizes, targetSeconds) ?? 0)),
    isPartial: renditions.some((one) => one === undefined || one.video.length + one.audio.length === 0),
  };
}

function codecBreaches(versions: readonly Variant[], { video, audio, isPartial }: Found): Breach[] {
  const declared = versions.flatMap(({ codecs }) => (codecs === undefined ? [] : [codecs.split(',')]));
  if (declared.length === 0) return [];
  const said = declared.flat().map((codec) => codec.trim());
  const breaches: Breach[] = [];
  for (const [kind, facts, family] of [
    ['video', video, /^(avc[13]|hvc1|hev1|dvh[1e]|av01|vp0[89])\b/i],
    ['audio', audio, /^(mp4a|ac-3|ec-3|opus|flac)\b/i],
  ] as const) {
    if (
      facts.length === 0 &&
      isPartial !== true &&
      declared[0]!.some((codec) => family.test(codec.trim())) &&
      video.length + audio.length > 0
    ) {
      const message = `CODECS is "${declared[0]!.join(',')}", but there was no ${kind}`;
      breaches.push({ code: 'track-without-frames', message, clause: 'RFC 8216 §4.3.4.2' });
    }
    const missing = facts.find(
      ({ codecString: one }) => one !== undefined && !said.some((codec) => same(codec, one)),
    );
    if (missing) {
      const message = `CODECS is "${declared[0]!.join(',')}", the ${kind} is ${missing.codecString!}`;
      breaches.push({ code: 'codecs-differ', message });
    }
  }
  return breaches;
}

/** ADTS cannot say that SBR or parametric stereo is in it: mp4a.40.5 and .29 look like .2 there. */
function same(said: string, found: string): boolean {
  const plain = (codec: string): string =>
    codec
      .toLowerCase()
      .replace(/^mp4a\.40\.(0?5|29|0?2)$/, 'mp4a.40.2')
      // What stands behind the bit depth may be left out: AV1 in ISOBMFF §5, VP Codec ISO Media File Format Binding.
      .replace(/^((av01|vp0[89])(\.[^.]+){3}).*$/, '$1');
  return plain(said) === plain(found);
}

function sizeBreaches(versions: readonly Variant[], { video }: Found): Breach[] {
  const said = versions.filter(({ width }) => width !== undefined);
  const fits = (facts: TrackFacts): boolean =>
    said.some(({ width, height }) => width === facts.width && height === facts.height);
  const other =
    said.length > 0 ? video.find((facts) => facts.width !== undefined && !fits(facts)) : undefined;
  if (!other) return [];
  const message = `RESOLUTION is ${said[0]!.width!}x${said[0]!.height ?? '?'}, the video is ${other.width!}x${other.height ?? '?'}`;
  return [{ code: 'resolution-differs', message }];
}

function rateBreaches(versions: readonly Variant[], { video, fps }: Found): Breach[] {
  const said = versions.map(({ frameRate }) => frameRate).filter((rate) => rate !== undefined);
  // Where the picture changed in the middle, one measured rate says little.
  if (said.length === 0 || fps === undefined || video.length !== 1) return [];
  if (said.some((rate) => Math.abs(rate - fps) <= FRAME_RATE_TOLERANCE)) return [];
  return [{ code: 'frame-rate-differs', message: `FRAME-RATE is ${said[0]!}, measured were ${fps}` }];
}

/** BANDWIDTH is that of the most demanding combination of renditions. */
function bandwidthBreaches(versions: readonly Variant[], found: Found): Breach[] {
  const { live, targetSeconds, sizes, besides = 0 } = found;
  const said = Math.max(0, ...versions.map(({ bandwidth }) => bandwidth ?? 0));
  const own = peakBitRate(sizes, targetSeconds);
  const peak = own === undefined ? undefined : own + besides;
  if (said === 0 || peak === undefined || peak <= said * (live ? BANDWIDTH_TOLERANCE : 1)) return [];
  const over = Math.round((peak / said - 1) * 100);
  const message = `BANDWIDTH is ${said}, the measured peak is ${Math.round(peak)} bit/s, ${over} % more`;
  const mild = peak <= said * BANDWIDTH_TOLERANCE;
  return [{ code: 'bandwidth-exceeded', message, ...(mild && { level: 'should' }) }];
}

/**
 * Peak segment bit rate: the largest of any run of segments that lasts 0.5 to 1.5 target durations. RFC 8216 §4.1.
 * Undefined if there is no such run.
 */
export function peakBitRate(sizes: Found['sizes'], targetSeconds: number): number | undefined {
  let peak: number | undefined;
  for (let from = 0; from < sizes.length; from++) {
    let bytes = 0;
    let seconds = 0;
    for (let to = from; to < sizes.length && seconds < 1.5 * targetSeconds; to++) {
      bytes += sizes[to]!.bytes;
      seconds += sizes[to]!.seconds;
      if (seconds < 0.5 * targetSeconds || seconds > 1.5 * targetSeconds) continue;
      peak = Math.max(peak ?? 0, (bytes * 8) / seconds);
    }
  }
  return peak;
}
