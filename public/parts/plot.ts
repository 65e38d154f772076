import uPlot from 'uplot';
import type { ChartProps } from './chart.tsx';

/** A uPlot chart in the page's colours: a line over a filled level. */
export function makePlot(parent: HTMLElement, props: () => ChartProps): uPlot {
  const { height, scale } = props();
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
  return new uPlot(
    {
      width: parent.clientWidth,
      height,
      padding: scale ? [6, 2, 6, 0] : [4, 0, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: (_, __, max) => [max - props().span, max] },
        y: { range: (_, __, max) => [0, Math.max(max * 1.2, props().atLeast)] },
      },
      axes: [{ show: false }, axis],
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
