import type { Capabilities } from './engines.ts';

/** Asks the browser what it can do. */
export function capabilities(): Capabilities {
  const mediaSource = 'ManagedMediaSource' in window || 'MediaSource' in window;
  return {
    mediaSource,
    webSocket: 'WebSocket' in window,
    streamingFetch: 'ReadableStream' in window && 'body' in Response.prototype,
    nativeHls: document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== '',
  };
}
