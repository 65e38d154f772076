import { Command, InvalidArgumentError } from 'commander';
import { InspectError } from '../inspect/errors.ts';
import { inspect } from '../inspect/inspect.ts';
import type { Report } from '../inspect/report.ts';
import { textReport } from '../inspect/text-report.ts';

const DEFAULT_SECONDS = 10;
/** A day: whoever wants longer wants monitoring. */
const MAX_SECONDS = 86_400;

interface InspectFlags {
  readonly json?: boolean;
  readonly seconds: number;
}

/** `millrace inspect`: tells what is inside an FLV, MPEG-TS or HLS stream or file. Exit code 1 if it cannot. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description(
      'tell what is inside an FLV, MPEG-TS or HLS stream or file: tracks, GOPs, timestamps, bitrates, oddities',
    )
    .argument('<url|file>', 'a file, or an http(s):// or ws(s):// URL')
    .option('--json', 'print one JSON document')
    .option('--seconds <n>', 'how long to look at a live stream', readSeconds, DEFAULT_SECONDS)
    .action(async (target: string, flags: InspectFlags) => {
      process.exitCode = await lookAndTell(target, flags);
    });
}

function readSeconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= MAX_SECONDS) return value;
  throw new InvalidArgumentError(`It must be a number of seconds, above 0 and up to ${MAX_SECONDS}.`);
}

/** Returns the exit code. Ctrl-C ends a look, and what was seen until then is told. */
async function lookAndTell(target: string, { json, seconds }: InspectFlags): Promise<number> {
  const stop = new AbortController();
  const stopped = (): void => stop.abort();
  process.once('SIGINT', stopped);
  try {
    const report = await inspect(target, { seconds, signal: stop.signal });
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : textReport(report));
    const broken = brokenBy(report);
    if (broken === undefined) return 0;
    process.stderr.write(`millrace: ${broken}\n`);
    return 1;
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    process.stderr.write(`millrace: ${error.message}\n`);
    return 1;
  } finally {
    process.removeListener('SIGINT', stopped);
  }
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
