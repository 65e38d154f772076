import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';

export interface ChartProps {
  /** Seconds, rising. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  /** CSS pixels. */
  readonly height: number;
  /** Seconds on the horizontal axis; the newest sample is at its right end. */
  readonly span: number;
  /** The vertical axis reaches at least up to here. */
  readonly atLeast: number;
  /** A scale at the left; without it the chart is a level and nothing else. */
  readonly scale: boolean;
  /** The time of day below; the times are then seconds since 1970. */
  readonly clock?: boolean;
  readonly label: string;
  /** The sample that the pointer is at; undefined when it has left. */
  readonly onPoint?: (index: number | undefined) => void;
}

/** Values over time. Its width is its parent's; its colours come from the style sheet. */
export function Chart(props: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const parent = box.current;
    if (!parent) return undefined;
    let over = false;
    const isOver = (): boolean => over;
    const resized = new ResizeObserver(() => {
      plot.current?.setSize({ width: parent.clientWidth, height: latest.current.height });
    });
    void import('./plot.ts').then(({ makePlot }) => {
      if (isOver()) return;
      plot.current = makePlot(parent, () => latest.current);
      resized.observe(parent);
    });
    return () => {
      over = true;
      resized.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);

  useEffect(() => {
    plot.current?.setData([[...props.times], [...props.values]]);
  });

  return (
    <div
      ref={box}
      class="chart"
      style={{ height: `${props.height}px` }}
      role="img"
      aria-label={props.label}
    />
  );
}
