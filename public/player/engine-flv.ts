import mpegts from 'mpegts.js';
import { FLV_BAND } from './edge.ts';
import {
  CONNECTION_LOST,
  KEEP_BEHIND_SECONDS,
  NOT_DECODABLE,
  type EngineOrder,
  type EngineRun,
} from './engine.ts';
import { FlvClock, wallClockOf } from './flv-clock.ts';
import { bufferEnd } from './picture.ts';
import type { Trouble } from './viewing-log.ts';
import { FLV_PATIENCE } from './watchdog.ts';

/** `speed` of mpegts.js counts 1024 bytes. */
const KBPS_PER_SPEED = 8.192;

/** Share of the newest second in the bitrate shown. */
const SMOOTHING = 0.4;

interface Told {
  readonly code?: number;
  readonly msg?: string;
}

/** WebSocket-FLV and HTTP-FLV by mpegts.js: the address's scheme says which. */
export function startFlv(order: EngineOrder): EngineRun {
  mpegts.LoggingControl.applyConfig({ enableAll: false });
  let kbps: number | undefined;
  let reports = 0;
  let over = false;
  const clock = new FlvClock();

  const player = mpegts.createPlayer(
    {
      type: 'flv',
      isLive: true,
      url: order.url,
      ...(order.hasAudio === undefined ? {} : { hasAudio: order.hasAudio }),
      ...(order.hasVideo === undefined ? {} : { hasVideo: order.hasVideo }),
    },
    {
      // One mechanism keeps the edge, and it is the page's.
      liveSync: false,
      liveBufferLatencyChasing: false,
      // A live connection is never closed to save bandwidth: reopening it would start somewhere else.
      lazyLoad: false,
      // A stash waits for bytes that a live stream has not got yet.
      enableStashBuffer: false,
      // Background tabs do not open a media source until they are looked at; the stream starts meanwhile.
      deferLoadAfterSourceOpen: false,
      autoCleanupSourceBuffer: true,
      autoCleanupMaxBackwardDuration: KEEP_BEHIND_SECONDS * 1.5,
      autoCleanupMinBackwardDuration: KEEP_BEHIND_SECONDS,
      statisticsInfoReportInterval: 1000,
    },
  );

  const onVideoError = (): void => {
    if (order.video.error && !over)
      order.failed(`The browser gave up decoding: ${order.video.error.message}`, 'other');
  };

  player.on(mpegts.Events.LOADING_COMPLETE, () => order.ended());
  player.on(mpegts.Events.STATISTICS_INFO, (statistics: { speed?: number }) => {
    const now = (statistics.speed ?? 0) * KBPS_PER_SPEED;
    if (now === 0) return;
    // The first ones count the GOP cache at the speed of the network, not the stream's rate.
    if (++reports > 2) kbps = kbps === undefined ? now : kbps + (now - kbps) * SMOOTHING;
  });
  player.on(mpegts.Events.SCRIPTDATA_ARRIVED, (data: unknown) => {
    const wallClock = wallClockOf(data);
    if (wallClock !== undefined) clock.heard(wallClock, bufferEnd(order.video) ?? 0);
  });
  player.on(mpegts.Events.ERROR, (type: string, detail: string, info: Told) => {
    order.failed(...explain(type, detail, info));
  });
  player.attachMediaElement(order.video);
  order.video.addEventListener('error', onVideoError);
  player.load();

  return {
    patience: FLV_PATIENCE,
    band: FLV_BAND,
    isLowLatency: true,
    levels: undefined,
    edge: () => bufferEnd(order.video),
    past: () => undefined,
    shownAt: () => clock.at(order.video.currentTime),
    receivedKbps: () => kbps,
    receiving: () => reports > 0,
    stop() {
      if (over) return;
      over = true;
      order.video.removeEventListener('error', onVideoError);
      // What mpegts.js has in hand to tell is told first: it fails where nobody is left to hear it.
      queueMicrotask(() => player.destroy());
    },
  };
}

/** A sentence for the viewer, and what it is for the server's metrics. */
function explain(type: string, detail: string, info: Told): [string, Trouble] {
  if (detail === mpegts.ErrorDetails.MEDIA_CODEC_UNSUPPORTED) return [NOT_DECODABLE, 'codec'];
  if (detail === mpegts.ErrorDetails.MEDIA_FORMAT_UNSUPPORTED) return ['What came is not FLV.', 'other'];
  // DOMException.NOT_SUPPORTED_ERR from addSourceBuffer.
  if (detail === mpegts.ErrorDetails.MEDIA_MSE_ERROR && info.code === 9) return [NOT_DECODABLE, 'codec'];
  if (type === mpegts.ErrorTypes.NETWORK_ERROR) return [CONNECTION_LOST, 'network'];
  return [`The stream could not be read: ${info.msg ?? detail}.`, 'other'];
}
