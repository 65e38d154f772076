import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_CHECK_SECONDS, DEFAULT_SECONDS, type LookFlags } from './look-flags.ts';

/** A day: whoever wants longer wants monitoring. */
const MAX_SECONDS = 86_400;

/**
 * `millrace inspect`: tells what is inside an FLV, MPEG-TS or HLS stream or file. Exit code 1 if it cannot, and with
 * `--check` if the playlist breaks a rule.
 */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description(
      'tell what is inside an FLV, MPEG-TS or HLS stream or file: tracks, GOPs, timestamps, bitrates, delay, oddities',
    )
    .argument('<url|file>', 'a file, or an http(s):// or ws(s):// URL')
    .option('--json', 'print one JSON document')
    .option(
      '--check',
      'follow a playlist of HLS as a player does, with low latency too, and tell each rule of RFC 8216 and its second edition that it breaks',
    )
    .option(
      '--seconds <n>',
      `how long to look at a live stream (default: ${DEFAULT_SECONDS}, with --check ${DEFAULT_CHECK_SECONDS})`,
      readSeconds,
    )
    .action(async (target: string, flags: LookFlags) => {
      // The readers are large, and a gateway that serves has no use for them.
      const { look } = await import('./look.ts');
      process.exitCode = await look(target, flags);
    });
}

function readSeconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= MAX_SECONDS) return value;
  throw new InvalidArgumentError(`It must be a number of seconds, above 0 and up to ${MAX_SECONDS}.`);
}
