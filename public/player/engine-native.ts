import { NATIVE_BAND } from './edge.ts';
import { NOT_DECODABLE, type EngineOrder, type EngineRun } from './engine.ts';
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
      unsupported,
    );
  };

  video.addEventListener('ended', onEnded);
  video.addEventListener('error', onError);
  video.src = order.url;
  video.load();

  return {
    patience: HLS_PATIENCE,
    band: NATIVE_BAND,
    edge: () => seekableEnd(video) ?? bufferEnd(video),
    clockDelay() {
      const start = video.getStartDate?.().getTime();
      if (start === undefined || Number.isNaN(start)) return undefined;
      const delay = (Date.now() - start) / 1000 - video.currentTime;
      return delay >= 0 && delay < 120 ? delay : undefined;
    },
    receivedKbps: () => undefined,
    receiving: () => video.readyState > 0,
    stop() {
      video.removeEventListener('ended', onEnded);
      video.removeEventListener('error', onError);
      video.pause();
      video.removeAttribute('src');
      video.load();
    },
  };
}

/** Where the browser says that the newest media is; some say “for ever”. */
function seekableEnd({ seekable }: HTMLVideoElement): number | undefined {
  const end = seekable.length > 0 ? seekable.end(seekable.length - 1) : undefined;
  return end !== undefined && Number.isFinite(end) ? end : undefined;
}

function sentence(error: MediaError): string {
  if (error.code === MediaError.MEDIA_ERR_NETWORK) return 'The connection was lost.';
  if (error.code === MediaError.MEDIA_ERR_DECODE) return NOT_DECODABLE;
  return 'The browser’s own HLS player gave up.';
}
