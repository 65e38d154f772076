import type { Rendition } from '../api/types.ts';
import { mediaTypes, mp4Types } from './codecs.ts';
import type { Capabilities } from './engines.ts';
import type { Way } from './fit.ts';
import { linesOf } from './renditions.ts';

/** Asks the browser what it can do. */
export function capabilities(): Capabilities {
  return {
    mediaSource: mediaSource() !== undefined,
    webSocket: 'WebSocket' in window,
    streamingFetch: 'ReadableStream' in window && 'body' in Response.prototype,
    nativeHls: document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== '',
  };
}

/** An iPhone has the managed one alone (from iOS 17.1 on), a Mac has both. */
function mediaSource(): typeof MediaSource | undefined {
  const { ManagedMediaSource: managed, MediaSource: plain } = window as Window & {
    ManagedMediaSource?: typeof MediaSource;
    MediaSource?: typeof MediaSource;
  };
  return managed ?? plain;
}

/** Whether a media source takes media of a type. */
export const supports = (type: string): boolean => mediaSource()?.isTypeSupported(type) === true;

/** A media source that an element plays. @param opened it can be given buffers now @throws where the browser has none */
export function openMediaSource(
  video: HTMLVideoElement,
  opened: () => void,
): { readonly source: MediaSource; close(): void } {
  const Source = mediaSource();
  if (!Source) throw new Error('this browser has no Media Source Extensions');
  const source = new Source();
  const address = URL.createObjectURL(source);
  const { disableRemotePlayback } = video;
  // A managed source is only opened where nothing could send the picture to another screen, which could not fetch it.
  video.disableRemotePlayback = true;
  source.addEventListener('sourceopen', opened, { once: true });
  video.src = address;
  return {
    source,
    close() {
      source.removeEventListener('sourceopen', opened);
      video.removeAttribute('src');
      video.load();
      video.disableRemotePlayback = disableRemotePlayback;
      URL.revokeObjectURL(address);
    },
  };
}

/** A browser knows the same codec for as long as the page is open. */
const known = new Map<string, Promise<boolean>>();

/** Whether this browser decodes a rendition in this way. Who does not know is believed to. */
export function decodes(way: Way, rendition: Rendition): Promise<boolean> {
  const { kind, codec, frameRate } = rendition;
  const key = `${way} ${kind} ${codec} ${linesOf(rendition)} ${Math.round(frameRate ?? 0)}`;
  let answer = known.get(key);
  if (!answer) {
    answer = ask(way, rendition);
    known.set(key, answer);
  }
  return answer;
}

async function ask(way: Way, rendition: Rendition): Promise<boolean> {
  const { kind, codec } = rendition;
  const isNative = way.startsWith('native');
  const video = document.createElement('video');
  const isKnown = (type: string): boolean => (isNative ? video.canPlayType(type) !== '' : supports(type));
  const types = way.endsWith('mp4') ? mp4Types(kind, codec) : mediaTypes(kind, codec);
  const type = types.find(isKnown);
  if (type === undefined) return false;
  return (await decodingInfo(isNative ? 'file' : 'media-source', type, rendition)) ?? true;
}

/** A decoder may know a codec and not this size of it. Undefined: the browser does not say. */
async function decodingInfo(
  type: MediaDecodingType,
  contentType: string,
  { kind, width, height, frameRate, kbps }: Rendition,
): Promise<boolean | undefined> {
  if (kind === 'audio' || !width || !height || !('mediaCapabilities' in navigator)) return undefined;
  try {
    const { supported } = await navigator.mediaCapabilities.decodingInfo({
      type,
      video: {
        contentType,
        width,
        height,
        framerate: frameRate && frameRate > 0 ? frameRate : USUAL_FPS,
        bitrate: (kbps && kbps > 0 ? kbps : USUAL_KBPS) * 1000,
      },
    });
    return supported;
  } catch {
    return undefined;
  }
}

/** Asked for where the server has not measured yet. */
const USUAL_FPS = 30;
const USUAL_KBPS = 4000;
