import { sourceOf, type ClientRequest, type Source } from './client-request.ts';
import { encoderFor, encoderSettings, type LadderCodec } from './encoders.ts';

/** A rendition as it is wished for. */
export interface WantedRendition {
  /** Lines; of an upright picture, columns. */
  readonly height: number;
  readonly bitrateKbps: number;
  /** At most. */
  readonly fps?: number | undefined;
  readonly codec: LadderCodec;
}

/** One of `encoder_configurations`. */
export interface EncoderConfiguration {
  readonly type: string;
  readonly width: number;
  readonly height: number;
  readonly framerate: { readonly numerator: number; readonly denominator: number };
  readonly gpu_scale_type: 'OBS_SCALE_BICUBIC';
  readonly canvas_index: 0;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

/** So many renditions a processor encodes by itself beside what else it has to do: one for each of so many cores. */
const CORES_EACH = 3;
/** Where it is not said how many cores there are. */
const USUAL_CORES = 6;
/** 4:2:0 wants even numbers. */
const EVEN = 2;

/** What a client is to encode, the best first: at least one rendition, none larger or faster than its picture. */
export function planLadder(
  wanted: readonly WantedRendition[],
  request: ClientRequest,
): EncoderConfiguration[] {
  const source = sourceOf(request);
  const sorted = [...wanted].sort(
    (one, other) => other.height - one.height || other.bitrateKbps - one.bitrateKbps,
  );
  const lines = Math.min(source.width, source.height);
  const smaller = sorted.filter(({ height }) => height <= lines);
  // A picture smaller than all that is wished for is sent as it is.
  const fitting = smaller.length > 0 ? smaller : [{ ...sorted.at(-1)!, height: lines }];
  return within(fitting, request).map((one) => configuration(one, source, request));
}

/** Those that the client can and wants to send: the best and the smallest first, then what is between them. */
function within(fitting: readonly WantedRendition[], request: ClientRequest): WantedRendition[] {
  const { maximum_aggregate_bitrate: bits, maximum_video_tracks: tracks } = request.preferences;
  const most = Math.max(1, Math.min(tracks || Infinity, softwareLimit(fitting, request)));
  const kbps = bits || Infinity;
  const lowest = fitting.at(-1)!;
  const best = fitting.find(({ bitrateKbps }) => bitrateKbps + (most > 1 ? lowest.bitrateKbps : 0) <= kbps);
  if (!best || best === lowest) {
    const only = fitting.find(({ bitrateKbps }) => bitrateKbps <= kbps);
    return [only ?? { ...lowest, bitrateKbps: Math.min(lowest.bitrateKbps, kbps) }];
  }
  const chosen = new Set(most > 1 ? [best, lowest] : [best]);
  let sum = [...chosen].reduce((all, { bitrateKbps }) => all + bitrateKbps, 0);
  for (const one of fitting.slice(fitting.indexOf(best))) {
    if (chosen.has(one) || chosen.size >= most || sum + one.bitrateKbps > kbps) continue;
    chosen.add(one);
    sum += one.bitrateKbps;
  }
  return fitting.filter((one) => chosen.has(one));
}

/** How many renditions a client encodes that has no hardware for it. */
function softwareLimit(fitting: readonly WantedRendition[], request: ClientRequest): number {
  const isSoftware = fitting.some(({ codec }) => encoderFor(codec, request).maker === 'software');
  const cores = request.capabilities.cpu?.physical_cores ?? USUAL_CORES;
  return isSoftware ? Math.max(1, Math.floor(cores / CORES_EACH)) : Infinity;
}

function configuration(
  { height: lines, fps, bitrateKbps, codec }: WantedRendition,
  { width, height, frameRate }: Source,
  request: ClientRequest,
): EncoderConfiguration {
  const encoder = encoderFor(codec, request);
  const scale = lines / Math.min(width, height);
  const even = (length: number): number => Math.max(EVEN, Math.round((length * scale) / EVEN) * EVEN);
  // Encoders leave out every second or third picture, they make no others.
  const own = frameRate.numerator / frameRate.denominator;
  const divisor = fps === undefined ? 1 : Math.max(1, Math.ceil(own / fps - 0.01));
  return {
    type: encoder.type,
    width: even(width),
    height: even(height),
    framerate: { numerator: frameRate.numerator, denominator: frameRate.denominator * divisor },
    gpu_scale_type: 'OBS_SCALE_BICUBIC',
    canvas_index: 0,
    settings: encoderSettings(encoder, bitrateKbps),
  };
}
