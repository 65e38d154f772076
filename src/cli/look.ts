import { check } from '../inspect/check/check.ts';
import { checkText } from '../inspect/check/check-text.ts';
import { InspectError } from '../inspect/errors.ts';
import { inspect } from '../inspect/inspect.ts';
import type { Report } from '../inspect/report.ts';
import { textReport } from '../inspect/text-report.ts';
import { DEFAULT_CHECK_SECONDS, DEFAULT_SECONDS, type LookFlags } from './look-flags.ts';

/** Looks at a stream or a file and tells. Returns the exit code. Ctrl-C ends a look, and what was seen until then is told. */
export async function look(target: string, flags: LookFlags): Promise<number> {
  const stop = new AbortController();
  const stopped = (): void => stop.abort();
  process.once('SIGINT', stopped);
  try {
    const tell = flags.check === true ? checkAndTell : lookAndTell;
    return await tell(target, flags, stop.signal);
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    process.stderr.write(`millrace: ${error.message}\n`);
    return 1;
  } finally {
    process.removeListener('SIGINT', stopped);
  }
}

async function lookAndTell(target: string, flags: LookFlags, signal: AbortSignal): Promise<number> {
  const report = await inspect(target, { seconds: flags.seconds ?? DEFAULT_SECONDS, signal });
  process.stdout.write(flags.json ? json(report) : textReport(report));
  const broken = brokenBy(report);
  if (broken === undefined) return 0;
  process.stderr.write(`millrace: ${broken}\n`);
  return 1;
}

async function checkAndTell(target: string, flags: LookFlags, signal: AbortSignal): Promise<number> {
  const report = await check(target, { seconds: flags.seconds ?? DEFAULT_CHECK_SECONDS, signal });
  process.stdout.write(flags.json ? json(report) : checkText(report));
  return report.check.verdict === 'clean' ? 0 : 1;
}

function json(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** What came was told, but it was not the whole, or there was nothing in it. */
function brokenBy(report: Report): string | undefined {
  if (report.kind === 'hls') {
    const segments = report.playlists.flatMap((playlist) => playlist.segments);
    if (segments.some((segment) => segment.error === undefined)) return undefined;
    const why = segments[0]?.error;
    return `${report.source}: ${why === undefined ? 'the playlist has no segments' : `no segment could be read: ${why}`}`;
  }
  const cut = report.ended === 'broken' || (report.ended === 'silence' && !report.live);
  const finding = report.findings.find(
    ({ code }) =>
      code === 'cut-short' || code === 'no-media' || (cut && (code === 'framing-lost' || code === 'silence')),
  );
  return finding && `${report.source}: ${finding.message}`;
}
