import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Chart } from '../parts/chart.tsx';
import { bitrate, frameRate, UNKNOWN } from '../text/format.ts';
import type { Point } from './types.ts';
import { useHistory } from './use-history.ts';

const CHART_HEIGHT = 112;
const SPANS = [
  { name: '2 min', seconds: 120 },
  { name: '10 min', seconds: 600 },
  { name: '30 min', seconds: 1800 },
] as const;
/** Points further apart than this have something missing between them, ms. */
const GAP_MS = 7_000;

interface Curve {
  readonly name: string;
  readonly of: (point: Sample) => number | null;
  readonly text: (value: number | null) => string;
  readonly atLeast: number;
  readonly unit: string;
}

const mbps = (kbps: number | null): number | null => (kbps === null ? null : kbps / 1000);
const CURVES: readonly Curve[] = [
  {
    name: 'Bitrate in',
    unit: 'Mb/s',
    of: (one) => mbps(one.kbpsIn),
    text: (value) => rate(value),
    atLeast: 0.5,
  },
  {
    name: 'Bitrate out',
    unit: 'Mb/s',
    of: (one) => mbps(one.kbpsOut),
    text: (value) => rate(value),
    atLeast: 0.5,
  },
  {
    name: 'Pictures',
    unit: 'per second',
    of: (one) => one.fps,
    text: (value) => frameRate(value),
    atLeast: 10,
  },
  {
    name: 'Lateness',
    unit: 'ms',
    of: (one) => one.lateMs,
    text: (value) => (value === null ? UNKNOWN : `${Math.round(value)} ms`),
    atLeast: 100,
  },
  {
    name: 'Viewers',
    unit: 'at a time',
    of: (one) => one.viewers,
    text: (value) => String(value ?? 0),
    atLeast: 4,
  },
];
const rate = (value: number | null): string =>
  value === 0 ? '0 kb/s' : bitrate(value === null ? null : value * 1000);

interface StreamChartsProps {
  readonly app: string;
  readonly stream: string;
}

/** The last minutes of a stream. */
export function StreamCharts({ app, stream }: StreamChartsProps): JSX.Element {
  const points = useHistory(app, stream);
  const [choice, setChoice] = useState(0);
  const span = SPANS[choice] ?? SPANS[0];
  const filled = useMemo(() => withGaps(points ?? []), [points]);
  const times = useMemo(() => filled.map(({ at }) => at / 1000), [filled]);
  const [at, setAt] = useState<number>();
  const newest = points?.at(-1);
  const told = (at === undefined ? undefined : filled[at]) ?? newest;
  return (
    <section class="panel" aria-labelledby="charts-title">
      <div class="panel-head">
        <h2 id="charts-title">Over time</h2>
        <div class="choice" role="group" aria-label="How much of the past is shown">
          {SPANS.map(({ name }, index) => (
            <button key={name} type="button" aria-pressed={index === choice} onClick={() => setChoice(index)}>
              {name}
            </button>
          ))}
        </div>
      </div>
      <div class="charts">
        {CURVES.map((curve) => (
          <div key={curve.name} class="graph">
            <div class="graph-head">
              <h3>
                {curve.name} <span class="graph-unit">{curve.unit}</span>
              </h3>
              <output data-past={told !== newest}>{told ? curve.text(curve.of(told)) : UNKNOWN}</output>
            </div>
            <Chart
              times={times}
              values={filled.map((point) => curve.of(point))}
              height={CHART_HEIGHT}
              span={span.seconds}
              atLeast={curve.atLeast}
              scale={true}
              clock={true}
              onPoint={setAt}
              label={`${curve.name} over the last ${span.name}${newest ? `, now ${curve.text(curve.of(newest))}` : ''}`}
            />
          </div>
        ))}
      </div>
    </section>
  );
}

type Sample = Omit<Point, 'viewers'> & { readonly viewers: number | null };

const NOTHING = { kbpsIn: null, kbpsOut: null, fps: null, viewers: null, lateMs: null };

/** Where nothing was measured the curve is interrupted instead of bridging it. */
function withGaps(points: readonly Point[]): Sample[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    if (!before || point.at - before.at <= GAP_MS) return [point];
    return [{ ...NOTHING, at: before.at + 1 }, point];
  });
}
