import type { ComponentChildren, JSX } from 'preact';
import type { Stream } from '../api/types.ts';
import type { History } from '../player/history.ts';
import {
  bitrate,
  codecName,
  frameRate,
  frameSize,
  quality,
  runningTime,
  sound,
  UNKNOWN,
  viewers,
} from '../text/format.ts';
import { watchPath } from '../text/links.ts';
import { Badge } from './badge.tsx';
import { Chart } from './chart.tsx';
import { ViewersIcon } from './icons.tsx';
import { Poster } from './poster.tsx';

/** What a level shows at most, and at first, in seconds. */
const LEVEL_SECONDS = 60;
const FIRST_LEVEL_SECONDS = 4;

export type Level = History<'kbps'>;

interface StreamCardProps {
  readonly stream: Stream;
  readonly level: Level | undefined;
  /** For the operator: a bar below. */
  readonly children?: ComponentChildren;
}

/** One stream on the home page; it leads to its watch page. */
export function StreamCard({ stream, level, children }: StreamCardProps): JSX.Element {
  const { video, audio } = stream;
  return (
    <div class="card">
      <a class="card-link" href={watchPath(stream.app, stream.stream)}>
        {video && <Poster app={stream.app} stream={stream.stream} />}
        <div class="card-top">
          <Badge state={stream.state} />
          <span class="card-time">{runningTime(stream.uptimeSeconds)}</span>
        </div>
        <h2 class="card-name">
          <span class="card-app">{stream.app}/</span>
          <wbr />
          {stream.stream}
        </h2>
        <dl class="facts">
          <div>
            <dt>Picture</dt>
            <dd>
              {video
                ? [frameSize(video), frameRate(video.fps)].filter((text) => text !== UNKNOWN).join(', ') ||
                  codecName(video.codec)
                : 'None'}
            </dd>
          </div>
          <div>
            <dt>Sound</dt>
            <dd>{audio ? sound(audio) || codecName(audio.codec) : 'None'}</dd>
          </div>
          <div>
            <dt>Codecs</dt>
            <dd>{codecs(stream)}</dd>
          </div>
        </dl>
        <div class="card-foot">
          <span class="card-rate">{bitrate(stream.bitrateKbps)}</span>
          <span class="card-viewers" title={viewers(stream.viewers.total)}>
            <ViewersIcon />
            <span aria-hidden="true">{stream.viewers.total}</span>
            <span class="sr-only">{viewers(stream.viewers.total)}</span>
          </span>
          {quality(video) !== '' && <span class="card-quality">{quality(video)}</span>}
        </div>
        <div class="card-level" aria-hidden="true">
          {level && (
            <Chart
              times={level.times}
              values={level.of('kbps')}
              height={56}
              span={level.span(FIRST_LEVEL_SECONDS, LEVEL_SECONDS)}
              atLeast={64}
              scale={false}
              label="Bitrate"
            />
          )}
        </div>
      </a>
      {children}
    </div>
  );
}

function codecs({ video, audio }: Stream): string {
  const names = [video, audio].filter((track) => track !== null).map((track) => codecName(track.codec));
  return names.join(', ') || UNKNOWN;
}
