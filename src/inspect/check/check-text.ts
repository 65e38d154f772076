import { printable } from '../text-report.ts';
import { COLUMNS, cutFront, wrap } from '../text-table.ts';
import type { CheckedReport } from './check.ts';
import type { BreachPlace, Violation } from './violations.ts';

/** The outcome of a check for people: each broken rule once, then a verdict. */
export function checkText(report: CheckedReport): string {
  const { check } = report;
  const how = report.live ? 'live' : 'ended';
  const lines = [
    cutFront(report.source, COLUMNS),
    `HLS ${report.playlistKind} playlist, ${how}: ${plural(check.segments, 'segment')} and ${plural(check.loads, 'load')} ` +
      `of ${plural(report.playlists.length, 'playlist')} in ${report.lookedSeconds.toFixed(1)} s`,
    ...check.notes.flatMap((note) => wrap('Note      ', note)),
    ...check.violations.flatMap(violationLines),
    '',
    ...wrap('', verdict(report)),
    '',
  ];
  return lines.map(printable).join('\n');
}

function violationLines({ code, level, clause, count, message, effect, first, last }: Violation): string[] {
  const often = count === 1 ? 'once' : `${count} times, last ${placeText(last)}`;
  return [
    '',
    `${level === 'must' ? 'MUST' : 'advice'}      `.slice(0, 10) +
      `${code}  (${clause}), ${often}`.slice(0, COLUMNS - 10),
    ...wrap('          ', `${placeText(first)}: ${message}.`),
    ...wrap('          ', effect),
  ];
}

function placeText({ playlist, segment, atSeconds }: BreachPlace): string {
  return `${playlist}${segment === undefined ? '' : ` #${segment}`} at ${atSeconds.toFixed(1)} s`;
}

function verdict(report: CheckedReport): string {
  const { violations, stopped, askedSeconds } = report.check;
  const rules = violations.filter(({ level }) => level === 'must');
  const advice = violations.length - rules.length;
  const times = rules.reduce((sum, { count }) => sum + count, 0);
  const outcome =
    rules.length === 0
      ? 'clean: no rule is broken'
      : `not valid: ${plural(rules.length, 'rule')} broken, ${plural(times, 'time')} in all`;
  const more = advice === 0 ? '' : `; ${plural(advice, 'piece')} of advice`;
  const early = stopped ? ` Stopped after ${report.lookedSeconds.toFixed(1)} s of ${askedSeconds} s.` : '';
  return `Verdict: ${outcome}${more}.${early}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
