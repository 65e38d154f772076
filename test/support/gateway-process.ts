import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../scripts/build.mjs';
import { Background } from './programs.ts';
import { waitFor } from './wait.ts';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A gateway as a process of its own, so that its memory can be read: built, as people run it, since what compiles the sources would stay in its memory. */
export class GatewayProcess {
  readonly #program: Background;
  readonly #folder: string;
  rtmpPort = 0;
  httpPort = 0;
  /** 0: TLS is not spoken. */
  rtmpsPort = 0;
  httpsPort = 0;
  /** Largest resident memory seen since {@link forgetPeak}, MiB. */
  peakMiB = 0;
  readonly #watching: NodeJS.Timeout;

  private constructor(flags: readonly string[]) {
    this.#folder = mkdtempSync(join(tmpdir(), 'millrace-process-'));
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_')),
    );
    this.#program = new Background(
      process.execPath,
      [
        ...['dist/src/main.js', 'serve', '--host', '127.0.0.1'],
        ...['--rtmp-port', '0', '--http-port', '0', '--data-dir', join(this.#folder, 'data')],
        ...flags,
      ],
      environment,
    );
    this.#watching = setInterval(() => this.#measure(), 50);
  }

  static async start(...flags: readonly string[]): Promise<GatewayProcess> {
    await build();
    const gateway = new GatewayProcess(flags);
    const ready = await waitFor('the gateway', () => gateway.lines('gateway ready')[0]);
    gateway.rtmpPort = Number(ready['rtmp']);
    gateway.httpPort = Number(ready['http']);
    gateway.rtmpsPort = Number(ready['rtmps'] ?? 0);
    gateway.httpsPort = Number(ready['https'] ?? 0);
    return gateway;
  }

  /** Log lines with this text; with none, all. */
  lines(text?: string): Line[] {
    const all = this.#program.output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
    const wanted = text === undefined ? all : all.filter((line) => line.includes(text));
    return wanted.map((line) => JSON.parse(line) as Line);
  }

  get isAlive(): boolean {
    const { exitCode, signalCode } = this.#program.child;
    return exitCode === null && signalCode === null;
  }

  /** Resident memory, MiB, as the kernel counts it. */
  get residentMiB(): number {
    const status = readFileSync(`/proc/${this.#program.child.pid ?? 0}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  }

  /** Seconds of processor time so far. */
  get processorSeconds(): number {
    const fields = readFileSync(`/proc/${this.#program.child.pid ?? 0}/stat`, 'utf8')
      .split(') ')[1]!
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  forgetPeak(): void {
    this.peakMiB = 0;
  }

  async stop(): Promise<number | null> {
    clearInterval(this.#watching);
    const code = await this.#program.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    return code;
  }

  #measure(): void {
    if (this.isAlive) this.peakMiB = Math.max(this.peakMiB, this.residentMiB);
  }
}
