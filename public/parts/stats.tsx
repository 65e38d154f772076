import type { JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Stream } from '../api/types.ts';
import { ENGINE_NAMES } from '../player/engines.ts';
import { History } from '../player/history.ts';
import type { PlayerStats } from '../player/player-view.ts';
import type { Player } from '../player/player.ts';
import { bitrate, dropped, seconds, UNKNOWN } from '../text/format.ts';
import { Chart } from './chart.tsx';
import { CloseIcon } from './icons.tsx';
import { Row } from './row.tsx';

/** One sample a second, two minutes. */
const SAMPLES = 120;
/** What the charts show at first, in seconds. */
const FIRST_SPAN = 30;
const CHART_HEIGHT = 84;

interface StatsProps {
  readonly player: RefObject<Player | undefined>;
  readonly facts: Stream | undefined;
  readonly onClose: () => void;
}

/** How well it plays, now and over the last two minutes. */
export function Stats({ player, facts, onClose }: StatsProps): JSX.Element {
  const [stats, setStats] = useState<PlayerStats>();
  const history = useRef(new History(SAMPLES, ['delay', 'buffer', 'kbps']));
  const serverKbps = useRef(facts?.bitrateKbps);
  serverKbps.current = facts?.bitrateKbps;

  useEffect(() => {
    const sample = (): void => {
      const now = player.current?.stats();
      if (!now) return;
      const kbps = now.receivedKbps ?? serverKbps.current ?? null;
      const playing = now.state === 'playing';
      history.current.add(performance.now() / 1000, {
        delay: playing ? (now.latencySeconds ?? null) : null,
        buffer: playing ? (now.bufferSeconds ?? null) : null,
        kbps: playing ? kbps : null,
      });
      setStats(now);
    };
    sample();
    const timer = setInterval(sample, 1000);
    return () => clearInterval(timer);
  }, [player]);

  const { times } = history.current;
  const span = history.current.span(FIRST_SPAN, SAMPLES);
  const kbps = stats?.receivedKbps ?? facts?.bitrateKbps;
  return (
    <aside class="stats" id="stats" aria-label="Stats">
      <div class="dialog-head">
        <h2>Stats</h2>
        <button type="button" class="icon-button" aria-label="Close stats" onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      <Graph
        name={stats?.isByClock === true ? 'Behind the encoder' : 'Behind live'}
        now={seconds(stats?.latencySeconds)}
        times={times}
        span={span}
        values={history.current.of('delay')}
        atLeast={2}
      />
      <Graph
        name="Buffer"
        now={seconds(stats?.bufferSeconds)}
        times={times}
        span={span}
        values={history.current.of('buffer')}
        atLeast={2}
      />
      <Graph
        name="Bitrate"
        now={bitrate(kbps)}
        times={times}
        span={span}
        values={history.current.of('kbps').map((value) => (value === null ? null : value / 1000))}
        atLeast={0.5}
      />
      <dl class="rows">
        <Row name="Engine" value={stats ? engineName(stats) : UNKNOWN} />
        <Row
          name="Dropped frames"
          value={stats ? dropped(stats.droppedFrames, stats.decodedFrames) : UNKNOWN}
        />
        <Row name="Stops" value={stats ? String(stats.stalls) : UNKNOWN} />
        <Row name="Resolution" value={resolution()} />
        <Row name="Speed" value={stats ? `${stats.rate.toFixed(2)}×` : UNKNOWN} />
        <Row name="Key frame every" value={seconds(facts?.video?.gopSeconds ?? undefined)} />
      </dl>
    </aside>
  );
}

function engineName({ engine, isLowLatency }: PlayerStats): string {
  const name = ENGINE_NAMES[engine];
  return engine === 'hls' && isLowLatency ? `${name}, low latency` : name;
}

function resolution(): string {
  const video = document.querySelector('video');
  return video && video.videoWidth > 0 ? `${video.videoWidth}×${video.videoHeight}` : UNKNOWN;
}

interface GraphProps {
  readonly name: string;
  readonly now: string;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  readonly span: number;
  readonly atLeast: number;
}

function Graph({ name, now, times, values, span, atLeast }: GraphProps): JSX.Element {
  return (
    <div class="graph">
      <div class="graph-head">
        <h3>{name}</h3>
        <output>{now}</output>
      </div>
      <Chart
        times={times}
        values={values}
        height={CHART_HEIGHT}
        span={span}
        atLeast={atLeast}
        scale={true}
        label={`${name} over the last two minutes, now ${now}`}
      />
    </div>
  );
}
