import { FlvError } from '../../src/containers/flv/reader.ts';
import { UnsupportedCodecError } from '../../src/inputs/unsupported.ts';
import { secondsFromTicks } from '../../src/media/time.ts';
import { FLV_BAND } from './edge.ts';
import { NOT_DECODABLE, type EngineOrder, type EngineRun } from './engine.ts';
import { FlvClock } from './flv-clock.ts';
import { FlvFrames } from './fmp4/flv-frames.ts';
import { Media } from './fmp4/media.ts';
import { Rate } from './fmp4/rate.ts';
import { openSource } from './fmp4/source.ts';
import { UnplayableError } from './fmp4/track-writer.ts';
import { bufferEnd } from './picture.ts';
import type { Trouble } from './viewing-log.ts';
import { FLV_PATIENCE } from './watchdog.ts';

/** WebSocket-FLV and HTTP-FLV of any codec, read and written anew as fragmented MP4 by the gateway's own parts. */
export function startFmp4(order: EngineOrder): EngineRun {
  const { video } = order;
  const clock = new FlvClock();
  const rate = new Rate();
  let over = false;
  let receives = false;

  const failed = (sentence: string, trouble: Trouble): void => {
    if (over) return;
    stop();
    order.failed(sentence, trouble);
  };
  const fails = (error: unknown): void => failed(...explain(error));
  const onVideoError = (): void => {
    if (video.error) failed(`The browser gave up decoding: ${video.error.message}`, 'other');
  };

  const frames = new FlvFrames({
    frame: (frame) => media.add(frame),
    clock: (wallClock, at) => clock.heard(wallClock, secondsFromTicks(at)),
  });
  const media = new Media({
    video,
    expects: (kind) => (kind === 'video' ? order.hasVideo : order.hasAudio) ?? frames.flags?.[kind] === true,
    ended: () => order.ended(),
    failed: fails,
  });
  const close = openSource(order.url, {
    bytes(piece) {
      receives = true;
      rate.heard(piece.length, performance.now());
      try {
        frames.push(piece);
        media.pump();
      } catch (error) {
        fails(error);
      }
    },
    ended: () => media.complete(),
    failed: (sentence) => failed(sentence, 'network'),
  });
  video.addEventListener('error', onVideoError);

  function stop(): void {
    if (over) return;
    over = true;
    close();
    video.removeEventListener('error', onVideoError);
    media.close();
  }

  return {
    patience: FLV_PATIENCE,
    band: FLV_BAND,
    isLowLatency: true,
    levels: undefined,
    edge: () => bufferEnd(video),
    past: () => undefined,
    shownAt: () => clock.at(video.currentTime),
    receivedKbps: () => rate.kbps,
    receiving: () => receives,
    stop,
  };
}

/** A sentence for the viewer, and what it is for the server's metrics. */
function explain(error: unknown): [string, Trouble] {
  const isCodec =
    error instanceof UnplayableError ||
    error instanceof UnsupportedCodecError ||
    (error instanceof DOMException && error.name === 'NotSupportedError');
  if (isCodec) return [NOT_DECODABLE, 'codec'];
  if (error instanceof FlvError) return ['What came is not FLV.', 'other'];
  return [
    `The stream could not be read: ${error instanceof Error ? error.message : String(error)}.`,
    'other',
  ];
}
