import type { NativeTime } from './perf.ts';
import type { SelfTime } from './self-time.ts';

/** What was found on one path through the gateway. */
export interface PathProfile {
  /** As V8's profiler sees it; calls into the kernel count for the function that makes them. */
  readonly functions: readonly SelfTime[];
  /** As perf sees it; undefined where there is no perf. */
  readonly native?: NativeTime | undefined;
  readonly userSeconds?: number;
  readonly systemSeconds?: number;
}

const SHOWN = 10;

export function markdownOf(
  title: string,
  { functions, native, userSeconds = 0, systemSeconds = 0 }: PathProfile,
): string {
  const all = userSeconds + systemSeconds;
  const kernel = all > 0 ? `${percent(systemSeconds / all)} of the time is the kernel's.` : '';
  const parts = native?.parts.map(([name, share]) => `${name} ${percent(share)}`).join(', ');
  const lines = [`### ${title}`, ''];
  if (parts !== undefined) lines.push(`By perf: ${parts}.`, '');
  else if (kernel !== '') lines.push(kernel, '');
  lines.push('| self time | function | where |', '| --- | --- | --- |');
  for (const { name, place, share } of functions.slice(0, SHOWN))
    lines.push(`| ${percent(share)} | \`${name}\` | ${place === '' ? 'V8' : `\`${place}\``} |`);
  if (native) {
    lines.push('', '| perf, self | symbol |', '| --- | --- |');
    for (const [name, share] of native.top) lines.push(`| ${percent(share)} | \`${name}\` |`);
  }
  return `${lines.join('\n')}\n`;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
