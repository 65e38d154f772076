/** What placeholders in a command stand for. */
export interface ExecContext {
  readonly app: string;
  readonly stream: string;
  /** Address of the stream at the gateway's own RTMP port. */
  readonly rtmp: string;
  /** Behind `?key=`, lets a program of this machine publish and play here where keys are wanted from everybody. */
  readonly key: string;
}

const PLACEHOLDER = /\{(app|stream|rtmp|key)\}/g;

/**
 * The command with its placeholders filled in; every argument stays one argument, whatever a publisher calls its stream.
 * A name that begins with `-` is never put where a program would take it for an option.
 */
export function fillIn(
  command: readonly string[],
  context: ExecContext,
): readonly string[] | { readonly refused: string } {
  const filled = command.map((argument) =>
    argument.replace(PLACEHOLDER, (_, name: keyof ExecContext) => context[name]),
  );
  const option = filled.find(
    (argument, index) => argument.startsWith('-') && !command[index]!.startsWith('-'),
  );
  return option === undefined
    ? filled
    : { refused: `"${option}" would be taken for an option of ${filled[0] ?? ''}` };
}

/** Streams of this gateway that stand in the arguments as RTMP addresses, `app/stream`: what the program reads or makes. */
export function streamsIn(args: readonly string[], ownPort: number): string[] {
  return args.flatMap((argument) =>
    [...argument.matchAll(/rtmps?:\/\/([^/\s|]+)\/([A-Za-z0-9._~-]+)\/([A-Za-z0-9._~-]+)/g)]
      .filter(([, host = '']) => isHere(host, ownPort))
      .map(([, , app = '', stream = '']) => `${app}/${stream}`),
  );
}

/** Hosts that are not this machine are none of our business; those that may be, by any name, are taken to be. */
function isHere(host: string, ownPort: number): boolean {
  const port = /:(\d+)$/.exec(host)?.[1];
  return Number(port ?? 1935) === ownPort;
}
