import { readFileSync } from 'node:fs';
import { RtmpClient } from '../clients/rtmp-client.ts';
import { FlvReader, type FlvTag } from '../containers/flv/reader.ts';
import { TAG_AUDIO, TAG_VIDEO } from '../containers/flv/tag.ts';
import { readAudioBody } from '../containers/flv/audio.ts';
import { readVideoBody } from '../containers/flv/video.ts';
import type { Log } from '../observe/log.ts';
import { clientTarget } from '../protocols/rtmp/session/client-url.ts';

/** A clip that plays in a loop until it is stopped. */
export interface Demo {
  stop(): void;
}

/** Where the demo goes if nothing else is said. */
export const DEMO_STREAM = 'live/demo';

const CLIP = new URL('../../assets/demo.flv', import.meta.url);
/** Between two looks at the clock: well below a frame's duration. */
const PACE_MS = 10;
/** First wait after a lost connection; doubles up to the last. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/** Publishes the bundled clip to an RTMP URL, in real time, for ever; connects again when the connection is lost. */
export function startDemo(url: string, log: Log): Demo {
  const target = clientTarget(url);
  if (!target) throw new Error(`not an RTMP URL: ${url}`);
  const clip = loadClip();
  let timer: NodeJS.Timeout | undefined;
  let client: RtmpClient | undefined;
  let retryMs = FIRST_RETRY_MS;

  const open = (): void => {
    client = new RtmpClient({
      target,
      mode: 'publish',
      started: () => {
        retryMs = FIRST_RETRY_MS;
        timer = play(clip, (type, timestamp, body) => client?.send(type, timestamp, body));
      },
      ended: ({ reason }) => {
        clearInterval(timer);
        log.warn({ reason, retryMs }, 'demo clip: connection lost');
        timer = setTimeout(open, retryMs);
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      },
    });
  };
  open();
  return {
    stop: () => {
      clearTimeout(timer); // also ends an interval
      client?.close();
    },
  };
}

interface Clip {
  /** Metadata and codec configurations: sent once, in front. */
  readonly opening: readonly FlvTag[];
  readonly frames: readonly FlvTag[];
  /** ms; after that much the clip begins again. */
  readonly loopMs: number;
}

function loadClip(): Clip {
  const tags: FlvTag[] = [];
  new FlvReader({ owned: true }).push(readFileSync(CLIP), (tag) => tags.push(tag));
  const isFrame = (tag: FlvTag): boolean =>
    (tag.type === TAG_VIDEO && readVideoBody(tag.body).kind === 'frame') ||
    (tag.type === TAG_AUDIO && readAudioBody(tag.body).kind === 'frame');
  const video = tags.filter((tag) => tag.type === TAG_VIDEO && isFrame(tag));
  const first = video[0]?.timestamp ?? 0;
  const span = (video.at(-1)?.timestamp ?? 0) - first;
  const loopMs = Math.round((span * video.length) / (video.length - 1));
  const frames = tags
    .filter((tag) => isFrame(tag) && tag.timestamp >= first && tag.timestamp < first + loopMs)
    .map((tag) => ({ ...tag, timestamp: tag.timestamp - first }));
  return { opening: tags.filter((tag) => !isFrame(tag)), frames, loopMs };
}

type Send = (type: number, timestamp: number, body: Uint8Array) => void;

/** Sends each frame at its time, by the clock. */
function play(clip: Clip, send: Send): NodeJS.Timeout {
  for (const tag of clip.opening) send(tag.type, 0, tag.body);
  const startedAt = performance.now();
  let next = 0;
  let loops = 0;
  return setInterval(() => {
    const elapsed = performance.now() - startedAt;
    for (;;) {
      const tag = clip.frames[next];
      if (!tag) return;
      const timestamp = loops * clip.loopMs + tag.timestamp;
      if (timestamp > elapsed) return;
      send(tag.type, timestamp % 2 ** 32, tag.body);
      next = (next + 1) % clip.frames.length;
      if (next === 0) loops++;
    }
  }, PACE_MS);
}
