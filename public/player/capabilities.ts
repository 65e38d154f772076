import type { Rendition } from '../api/types.ts';
import { mediaTypes } from './codecs.ts';
import type { Capabilities } from './engines.ts';
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

type AnyMediaSource = Pick<typeof MediaSource, 'isTypeSupported'>;

/** An iPhone has the managed one alone (from iOS 17.1 on), a Mac has both. */
function mediaSource(): AnyMediaSource | undefined {
  const { ManagedMediaSource: managed, MediaSource: plain } = window as Window & {
    ManagedMediaSource?: AnyMediaSource;
    MediaSource?: AnyMediaSource;
  };
  return managed ?? plain;
}

/** A browser knows the same codec for as long as the page is open. */
const known = new Map<string, Promise<boolean>>();

/** Whether this browser decodes a rendition in this way. Who does not know is believed to. */
export function decodes(way: 'media source' | 'native', rendition: Rendition): Promise<boolean> {
  const { kind, codec, frameRate } = rendition;
  const key = `${way} ${kind} ${codec} ${linesOf(rendition)} ${Math.round(frameRate ?? 0)}`;
  let answer = known.get(key);
  if (!answer) {
    answer = ask(way, rendition);
    known.set(key, answer);
  }
  return answer;
}

async function ask(way: 'media source' | 'native', rendition: Rendition): Promise<boolean> {
  const { kind, codec } = rendition;
  const video = document.createElement('video');
  const isKnown = (type: string): boolean =>
    way === 'native' ? video.canPlayType(type) !== '' : mediaSource()?.isTypeSupported(type) === true;
  const type = mediaTypes(kind, codec).find(isKnown);
  if (type === undefined) return false;
  return (await decodingInfo(way, type, rendition)) ?? true;
}

/** A decoder may know a codec and not this size of it. Undefined: the browser does not say. */
async function decodingInfo(
  way: 'media source' | 'native',
  contentType: string,
  { kind, width, height, frameRate, kbps }: Rendition,
): Promise<boolean | undefined> {
  if (kind === 'audio' || !width || !height || !('mediaCapabilities' in navigator)) return undefined;
  try {
    const { supported } = await navigator.mediaCapabilities.decodingInfo({
      type: way === 'native' ? 'file' : 'media-source',
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
