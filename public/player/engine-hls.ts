import type HlsClass from 'hls.js';
import type { ErrorData, Fragment, LevelDetails, Part } from 'hls.js';
import { hlsBand, partsBand, type EdgeBand } from './edge.ts';
import {
  KEEP_BEHIND_SECONDS,
  NOT_DECODABLE,
  type EngineOrder,
  type EngineRun,
  type StartEngine,
} from './engine.ts';
import { hlsLevels } from './hls-levels.ts';
import type { Trouble } from './viewing-log.ts';
import { HLS_PATIENCE } from './watchdog.ts';

type Build = typeof HlsClass;

/** Segments behind the edge to start at, where the server does not say how many. */
const START_SEGMENTS = 2;
/** What is believed of the viewer's line before it is known: bits per second. */
const FIRST_GUESS = 2_500_000;
/** Share of the newest part or segment in the bitrate shown. */
const SMOOTHING = 0.2;

/** HLS by Media Source Extensions, in parts where the server has them. */
export const hlsEngine =
  (Hls: Build): StartEngine =>
  (order) =>
    startHls(Hls, order);

function startHls(Hls: Build, order: EngineOrder): EngineRun {
  const hls = new Hls({
    lowLatencyMode: true,
    // One mechanism keeps the edge, and it is the page's: it does the same for all engines, and knows of pauses, of viewers who
    // went back, of tabs in the background. hls.js neither hurries nor moves its target after a stop (and never jumps, unless told to).
    maxLiveSyncPlaybackRate: 1,
    liveSyncOnStallIncrease: 0,
    backBufferLength: KEEP_BEHIND_SECONDS,
    capLevelToPlayerSize: true,
    abrEwmaDefaultEstimate: FIRST_GUESS,
    // CMAF needs no transmuxing, so there is nothing for a worker to do that were worth a second copy of hls.js.
    enableWorker: false,
  });
  const look = new Look();
  const levels = hlsLevels(Hls, hls, order);
  const mender = errorMender(Hls, hls, order);
  const onEnded = (): void => order.ended();

  hls.on(Hls.Events.ERROR, mender);
  hls.on(Hls.Events.LEVEL_LOADED, (_, { details }) => {
    if (details.partHoldBack === 0 && details.holdBack === 0)
      hls.targetLatency = START_SEGMENTS * details.targetduration;
  });
  hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => look.updated(details));
  hls.on(Hls.Events.FRAG_LOADED, (_, { frag, part }) => look.loaded(part ?? frag));
  order.video.addEventListener('ended', onEnded);
  hls.loadSource(order.url);
  hls.attachMedia(order.video);

  return {
    patience: HLS_PATIENCE,
    get band() {
      return look.band;
    },
    get isLowLatency() {
      return look.isLowLatency;
    },
    get levels() {
      return levels();
    },
    edge: () => hls.latestLevelDetails?.edge,
    past() {
      const details = hls.latestLevelDetails;
      return details ? { start: details.fragmentStart, end: details.edge } : undefined;
    },
    shownAt: () => hls.playingDate?.getTime(),
    receivedKbps: () => look.kbps,
    receiving: () => look.kbps !== undefined,
    stop() {
      order.video.removeEventListener('ended', onEnded);
      hls.destroy();
    },
  };
}

/** What playlists and media have told so far. */
class Look {
  band: EdgeBand = hlsBand(START_SEGMENTS);
  isLowLatency = false;
  kbps: number | undefined;

  updated({ partHoldBack, partTarget, holdBack, targetduration }: LevelDetails): void {
    this.isLowLatency = partTarget > 0 && partHoldBack > 0;
    this.band = this.isLowLatency ? partsBand(partHoldBack) : hlsBand(targetduration, holdBack);
  }

  loaded({ duration, stats }: Fragment | Part): void {
    if (!(duration > 0)) return;
    const now = (stats.loaded * 8) / duration / 1000;
    this.kbps = this.kbps === undefined ? now : this.kbps + (now - this.kbps) * SMOOTHING;
  }
}

/**
 * A decoder that gives up is given the same media once more; all else is for the player to decide. So are media that there is no
 * buffer for, because their tracks are others than those that it was begun with: only a new start makes other buffers.
 */
function errorMender(Hls: Build, hls: HlsClass, order: EngineOrder): (_: string, data: ErrorData) => void {
  let isMended = false;
  const isCodec = ({ details }: ErrorData): boolean =>
    details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR ||
    details === Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR ||
    details === Hls.ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR;
  const isOfBuffer = ({ details }: ErrorData): boolean => details === Hls.ErrorDetails.BUFFER_APPEND_ERROR;
  const explain = (data: ErrorData): string => {
    if (isCodec(data)) return NOT_DECODABLE;
    if (data.type !== Hls.ErrorTypes.NETWORK_ERROR) return `The stream could not be read: ${data.details}.`;
    const status = data.response?.code;
    return status
      ? `The server answered ${status} to the playlist or a segment.`
      : 'The playlist could not be loaded.';
  };
  const troubleOf = (data: ErrorData): Trouble =>
    isCodec(data) ? 'codec' : data.type === Hls.ErrorTypes.NETWORK_ERROR ? 'network' : 'other';
  return (_, data) => {
    if (!data.fatal) return;
    const isOfDecoder = data.type === Hls.ErrorTypes.MEDIA_ERROR && !isCodec(data) && !isOfBuffer(data);
    if (isOfDecoder && !isMended) {
      isMended = true;
      const { paused } = order.video;
      hls.recoverMediaError();
      // The element is loaded anew, and stands still without a word.
      if (!paused) void order.video.play().catch(() => undefined);
      return;
    }
    order.failed(explain(data), troubleOf(data));
  };
}
