import { playsAsFile, recordingUrl, type Recording } from './recording.ts';

/** Why a recording does not play, told once. The returned function takes it off the element. */
export function load(
  video: HTMLVideoElement,
  recording: Recording,
  failed: (why: string) => void,
): () => void {
  const url = recordingUrl(recording);
  let stop = (): void => undefined;
  let isOver = false;
  const fail = (why: string): void => {
    if (!isOver) failed(why);
  };
  const onError = (): void => fail(sentence(video.error));
  video.addEventListener('error', onError);
  if (playsAsFile(recording)) video.src = url;
  else
    void loadHls(video, `${url}/index.m3u8`, fail).then((destroy) => {
      if (isOver) destroy();
      else stop = destroy;
    });
  return () => {
    isOver = true;
    video.removeEventListener('error', onError);
    stop();
    video.removeAttribute('src');
    video.load();
  };
}

async function loadHls(
  video: HTMLVideoElement,
  url: string,
  fail: (why: string) => void,
): Promise<() => void> {
  const { default: Hls } = await import('hls.js/light');
  if (!Hls.isSupported()) {
    video.src = url;
    return () => undefined;
  }
  let mended = false;
  const hls = new Hls({ enableWorker: false });
  hls.on(Hls.Events.ERROR, (_, data) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !mended) {
      mended = true;
      return hls.recoverMediaError();
    }
    const status = data.response?.code;
    fail(
      status === 404
        ? 'There is nothing in this recording yet that could be played.'
        : status
          ? `The server answered ${status}.`
          : `The recording could not be read: ${data.details}.`,
    );
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return () => hls.destroy();
}

function sentence(error: MediaError | null): string {
  if (error?.code === MediaError.MEDIA_ERR_NETWORK) return 'The connection to the server was lost.';
  if (error?.code === MediaError.MEDIA_ERR_DECODE) return 'This browser cannot decode the recording.';
  return 'The recording cannot be played. It may have been deleted, or you may not be signed in any more.';
}
