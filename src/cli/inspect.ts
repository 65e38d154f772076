import { Command, InvalidArgumentError } from 'commander';
import { check } from '../inspect/check/check.ts';
import { checkText } from '../inspect/check/check-text.ts';
import { InspectError } from '../inspect/errors.ts';
import { inspect } from '../inspect/inspect.ts';
import type { Report } from '../inspect/report.ts';
import { textReport } from '../inspect/text-report.ts';

const DEFAULT_SECONDS = 10;
/** A playlist of six segments of 2 s is seen to change as a whole, and what has left it to stay its time. */
const DEFAULT_CHECK_SECONDS = 30;
/** A day: whoever wants longer wants monitoring. */
const MAX_SECONDS = 86_400;

interface InspectFlags {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly seconds?: number;
}

/**
 * `millrace inspect`: tells what is inside an FLV, MPEG-TS or HLS stream or file. Exit code 1 if it cannot, and with
 * `--check` if the playlist breaks a rule.
 */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description(
      'tell what is inside an FLV, MPEG-TS or HLS stream or file: tracks, GOPs, timestamps, bitrates, oddities',
    )
    .argument('<url|file>', 'a file, or an http(s):// or ws(s):// URL')
    .option('--json', 'print one JSON document')
    .option('--check', 'follow a playlist of HLS and tell each rule of RFC 8216 that it breaks')
    .option(
      '--seconds <n>',
      `how long to look at a live stream (default: ${DEFAULT_SECONDS}, with --check ${DEFAULT_CHECK_SECONDS})`,
      readSeconds,
    )
    .action(async (target: string, flags: InspectFlags) => {
      process.exitCode = await untilStopped((signal) =>
        flags.check === true ? checkAndTell(target, flags, signal) : lookAndTell(target, flags, signal),
      );
    });
}

function readSeconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= MAX_SECONDS) return value;
  throw new InvalidArgumentError(`It must be a number of seconds, above 0 and up to ${MAX_SECONDS}.`);
}

/** Returns the exit code. Ctrl-C ends a look, and what was seen until then is told. */
async function untilStopped(run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const stop = new AbortController();
  const stopped = (): void => stop.abort();
  process.once('SIGINT', stopped);
  try {
    return await run(stop.signal);
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    process.stderr.write(`millrace: ${error.message}\n`);
    return 1;
  } finally {
    process.removeListener('SIGINT', stopped);
  }
}

async function lookAndTell(target: string, flags: InspectFlags, signal: AbortSignal): Promise<number> {
  const report = await inspect(target, { seconds: flags.seconds ?? DEFAULT_SECONDS, signal });
  process.stdout.write(flags.json ? json(report) : textReport(report));
  const broken = brokenBy(report);
  if (broken === undefined) return 0;
  process.stderr.write(`millrace: ${broken}\n`);
  return 1;
}

async function checkAndTell(target: string, flags: InspectFlags, signal: AbortSignal): Promise<number> {
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
