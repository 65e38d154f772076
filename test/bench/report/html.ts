import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isReached, summary, type Results, type Row } from '../result.ts';
import { short } from './console.ts';

const uplot = join(dirname(createRequire(import.meta.url).resolve('uplot')), '..');
const COLORS = ['#1668c7', '#c2410c', '#15803d', '#7c3aed'];

/** One file that needs nothing beside it: the table, and a chart for each series. */
export function htmlReport(results: Results): string {
  const { date, cores, cpu, node, commit } = results.machine;
  const script = readFileSync(join(uplot, 'dist/uPlot.iife.min.js'), 'utf8');
  const style = readFileSync(join(uplot, 'dist/uPlot.min.css'), 'utf8');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Millrace benchmark</title>
<style>${style}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .25rem .6rem; text-align: left; border-bottom: 1px solid #ddd; }
td.n { text-align: right; font-variant-numeric: tabular-nums; } .missed { color: #b91c1c; } .reached { color: #15803d; }
</style>
<h1>Millrace benchmark</h1>
<p>${escape(`${date}, ${cores} cores (${cpu}), Node ${node}, commit ${commit}`)}</p>
<table><tr><th>what<th>median<th>range<th>unit<th>goal</tr>${results.rows.map(tableRow).join('')}</table>
<div id="charts"></div>
<script>${script}</script>
<script>${chartScript(results)}</script></html>\n`;
}

function tableRow(row: Row): string {
  const { median, min, max } = summary(row.values);
  const reached = isReached(row);
  const goal = row.goal
    ? `<td class="${reached ? 'reached' : 'missed'}">${row.goal.kind} ${row.goal.value}`
    : '<td>';
  return `<tr><td>${escape(row.title)}<td class="n">${short(median)}<td class="n">${short(min)} – ${short(max)}<td>${escape(row.unit)}${goal}</tr>`;
}

function chartScript({ series }: Results): string {
  // "<" must not end the script element.
  const data = JSON.stringify(series).replaceAll('<', '\\u003c');
  return `for (const one of ${data}) new uPlot({
    title: one.title, width: 900, height: 320, scales: { x: { time: false } },
    axes: [{ label: one.x }, { label: one.y }],
    series: [{ label: one.x }, ...one.lines.map(({ name }, at) => ({ label: name, stroke: ${JSON.stringify(COLORS)}[at % 4], width: 2 }))],
  }, [one.xs, ...one.lines.map(({ ys }) => ys)], document.getElementById('charts'));`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
