import type { ErrorData, FragLoadedData } from 'hls.js';
import Hls from 'hls.js/light';
import { hlsBand } from './edge.ts';
import { NOT_DECODABLE, type EngineOrder, type EngineRun } from './engine.ts';
import { HLS_PATIENCE } from './watchdog.ts';

/** Segments behind the edge to start at. */
const START_SEGMENTS = 2;
/** Media kept behind the picture, in seconds. */
const KEEP_BEHIND_SECONDS = 60;
/** A clock that is further off than this, in seconds, is wrong, not late. */
const LARGEST_CLOCK_DELAY = 120;

/** HLS by Media Source Extensions. */
export function startHls(order: EngineOrder): EngineRun {
  let kbps: number | undefined;
  let received = false;
  let mendedMedia = false;
  let band = hlsBand(2);

  const hls = new Hls({
    liveSyncDurationCount: START_SEGMENTS,
    // The page keeps the edge: hls.js neither hurries nor jumps.
    liveMaxLatencyDurationCount: Infinity,
    maxLiveSyncPlaybackRate: 1,
    backBufferLength: KEEP_BEHIND_SECONDS,
    enableWorker: false,
  });

  const onEnded = (): void => order.ended();
  const onError = (_: string, data: ErrorData): void => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !mendedMedia && !isCodec(data)) {
      mendedMedia = true;
      hls.recoverMediaError();
      return;
    }
    order.failed(explain(data), isCodec(data));
  };

  hls.on(Hls.Events.ERROR, onError);
  hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => (band = hlsBand(details.targetduration)));
  hls.on(Hls.Events.FRAG_LOADED, (_, data: FragLoadedData) => {
    received = true;
    const { duration, stats } = data.frag;
    if (duration > 0) kbps = (stats.loaded * 8) / duration / 1000;
  });
  order.video.addEventListener('ended', onEnded);
  hls.loadSource(order.url);
  hls.attachMedia(order.video);

  return {
    patience: HLS_PATIENCE,
    get band() {
      return band;
    },
    edge: () => hls.latestLevelDetails?.edge,
    clockDelay: () => clockDelay(hls.playingDate),
    receivedKbps: () => kbps,
    receiving: () => received,
    stop() {
      order.video.removeEventListener('ended', onEnded);
      hls.destroy();
    },
  };
}

/** Seconds since the moment that EXT-X-PROGRAM-DATE-TIME gives for the picture shown. */
export function clockDelay(shownAt: Date | null): number | undefined {
  if (shownAt === null) return undefined;
  const delay = (Date.now() - shownAt.getTime()) / 1000;
  return delay >= 0 && delay < LARGEST_CLOCK_DELAY ? delay : undefined;
}

const isCodec = (data: ErrorData): boolean =>
  data.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR ||
  data.details === Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR ||
  data.details === Hls.ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR;

function explain(data: ErrorData): string {
  if (isCodec(data)) return NOT_DECODABLE;
  const status = data.response?.code;
  if (data.type === Hls.ErrorTypes.NETWORK_ERROR) {
    return status
      ? `The server answered ${status} to the playlist or a segment.`
      : 'The playlist could not be loaded.';
  }
  return `The stream could not be read: ${data.details}.`;
}
