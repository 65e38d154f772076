/** End of the last buffered range. */
export function bufferEnd({ buffered }: HTMLVideoElement): number | undefined {
  return buffered.length > 0 ? buffered.end(buffered.length - 1) : undefined;
}

/** Start of the first buffered range after `time`, when `time` has nothing to play. */
export function rangeAfter(buffered: TimeRanges, time: number): number | undefined {
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) > time) return buffered.start(i);
    if (buffered.end(i) > time + 0.2) return undefined;
  }
  return undefined;
}

/** Keeps the picture on a canvas: a reconnect shows the last one, not a black hole. */
export function keepStill(video: HTMLVideoElement, still: HTMLCanvasElement): void {
  const { videoWidth, videoHeight, readyState } = video;
  if (videoWidth === 0 || readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
  still.width = videoWidth;
  still.height = videoHeight;
  still.getContext('2d')?.drawImage(video, 0, 0);
}
