import { nativeBand } from './edge.ts';
import { NOT_DECODABLE, type EngineOrder, type EngineRun, type Span } from './engine.ts';
import { bufferEnd } from './picture.ts';
import { HLS_PATIENCE } from './watchdog.ts';

/** Safari's way to say at what moment the stream started. */
type DatedVideo = HTMLVideoElement & { getStartDate?: () => Date };

/** HLS by the browser itself: iPhones without a media source, and whoever asks for it. */
export function startNative(order: EngineOrder): EngineRun {
  const video: DatedVideo = order.video;

  const onEnded = (): void => order.ended();
  const onError = (): void => {
    const { error } = video;
    if (!error) return;
    const unsupported = error.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED && video.readyState === 0;
    order.failed(
      unsupported ? 'This browser says that it plays HLS, and does not.' : sentence(error),
      unsupported ? 'codec' : error.code === MediaError.MEDIA_ERR_NETWORK ? 'network' : 'other',
    );
  };

  const edge = (): number | undefined => seekableSpan(video)?.end ?? bufferEnd(video);
  let ownDistance: number | undefined;
  const onMove = (): void => {
    const end = edge();
    if (ownDistance === undefined && end !== undefined && !video.paused && video.currentTime > 0)
      ownDistance = Math.max(0, end - video.currentTime);
  };

  video.addEventListener('timeupdate', onMove);
  video.addEventListener('ended', onEnded);
  video.addEventListener('error', onError);
  video.src = order.url;
  video.load();

  return {
    patience: HLS_PATIENCE,
    get band() {
      return nativeBand(ownDistance);
    },
    isLowLatency: false, // it may be, but does not say so
    levels: undefined,
    edge,
    past: () => seekableSpan(video),
    shownAt() {
      const start = video.getStartDate?.().getTime();
      return start === undefined || Number.isNaN(start) ? undefined : start + video.currentTime * 1000;
    },
    receivedKbps: () => undefined,
    receiving: () => video.readyState > 0,
    stop() {
      video.removeEventListener('timeupdate', onMove);
      video.removeEventListener('ended', onEnded);
      video.removeEventListener('error', onError);
      video.pause();
      video.removeAttribute('src');
      video.load();
    },
  };
}

/** What the browser says that the playlist has; some say “for ever”. */
function seekableSpan({ seekable }: HTMLVideoElement): Span | undefined {
  const last = seekable.length - 1;
  if (last < 0) return undefined;
  const end = seekable.end(last);
  return Number.isFinite(end) ? { start: seekable.start(0), end } : undefined;
}

function sentence(error: MediaError): string {
  if (error.code === MediaError.MEDIA_ERR_NETWORK) return 'The connection was lost.';
  if (error.code === MediaError.MEDIA_ERR_DECODE) return NOT_DECODABLE;
  return 'The browser’s own HLS player gave up.';
}
