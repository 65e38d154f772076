import uPlot from 'uplot';
import type { ChartProps } from './chart.tsx';

/** A uPlot chart in the page's colours: a line over a filled level. */
export function makePlot(parent: HTMLElement, props: () => ChartProps): uPlot {
  const { height, scale, clock = false } = props();
  const colour = (name: string): string => getComputedStyle(parent).getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    show: scale,
    stroke: () => colour('--muted'),
    font: '500 11px "Figtree Variable", system-ui, sans-serif',
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    size: 34,
    gap: 6,
    space: 26,
  };
  const hours: uPlot.Axis = {
    ...axis,
    show: clock,
    grid: { show: false },
    size: 20,
    gap: 4,
    space: 64,
    values: (_, times) => times.map((time) => timeOfDay(time)),
  };
  return new uPlot(
    {
      width: parent.clientWidth,
      height,
      padding: scale ? [6, 2, 6, 0] : [4, 0, 0, 0],
      legend: { show: false },
      cursor: {
        show: props().onPoint !== undefined,
        y: false,
        points: { show: false },
        drag: { x: false, y: false, setScale: false },
      },
      hooks: { setCursor: [(plot) => props().onPoint?.(plot.cursor.idx ?? undefined)] },
      scales: {
        x: { time: clock, range: (_, __, max) => [max - props().span, max] },
        y: { range: (_, __, max) => [0, Math.max(max * 1.2, props().atLeast)] },
      },
      axes: [hours, axis],
      series: [
        {},
        {
          stroke: () => colour('--accent'),
          fill: () => colour('--accent-wash'),
          width: 1.5,
          points: { show: false },
          ...(uPlot.paths.spline ? { paths: uPlot.paths.spline() } : {}),
        },
      ],
    },
    [[...props().times], [...props().values]],
    parent,
  );
}

/** `14:05`, and `14:05:30` between the minutes. */
function timeOfDay(seconds: number): string {
  const options = { hour: '2-digit', minute: '2-digit' } as const;
  const isWhole = seconds % 60 === 0;
  return new Date(seconds * 1000).toLocaleTimeString('en-GB', {
    ...options,
    ...(!isWhole && { second: '2-digit' }),
  });
}
