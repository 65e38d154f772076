import { Command, CommanderError } from 'commander';
import { VERSION } from '../app/version.ts';
import { checkConfigCommand } from './check-config.ts';
import { demoCommand } from './demo.ts';
import { inspectCommand } from './inspect.ts';
import { serveCommand } from './serve.ts';
import { isOperatorError, EXIT_USAGE } from './operator-error.ts';

/** The `millrace` command. An operator's mistake is one sentence on standard error and an exit code, never a stack trace. */
export async function run(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', outputFailed);
  const program = new Command('millrace')
    .description('A live-streaming gateway: RTMP in; HLS, HTTP-FLV, WebSocket-FLV and RTMP out.')
    .version(VERSION)
    .addCommand(serveCommand(), { isDefault: true })
    .addCommand(demoCommand())
    .addCommand(inspectCommand())
    .addCommand(checkConfigCommand());
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    refuseUnknown(program, argv[2]);
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has said what is wrong; help and version end here too, with 0.
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
      return;
    }
    if (!isOperatorError(error)) throw error;
    process.stderr.write(`millrace: ${error.message}\n`);
    process.exitCode = error.name === 'ConfigError' ? EXIT_USAGE : 1;
  }
}

/** What is no command would be taken for a word too many of the default one, `serve`. */
function refuseUnknown(program: Command, word = '-'): void {
  const names = [...program.commands.map((command) => command.name()), 'help'];
  if (word.startsWith('-') || names.includes(word)) return;
  program.error(
    `error: unknown command '${word}': it is ${new Intl.ListFormat('en', { type: 'disjunction' }).format(names)}`,
  );
}

/** `| head` has read enough: that is nobody's mistake. A full disk is the operator's. */
function outputFailed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`millrace: cannot write the output: ${error.code ?? error.message}\n`);
  process.exitCode = 1;
}
