import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { codedClip } from './coded-clips.ts';
import { EnhancedPublisher, trackOf, type CodedTrack } from './enhanced-publisher.ts';
import { Background } from './programs.ts';
import { waitFor } from './wait.ts';

/** What the tests of a file share: made before the first, and gone after the last. */
interface DvrScene {
  folder: string;
  picture: CodedTrack;
  sound: CodedTrack;
}

/** Call once, at the top of a file. */
export function dvrScene(skip: string | false): Readonly<DvrScene> {
  const scene = {} as DvrScene;
  before(async () => {
    if (skip !== false) return;
    scene.folder = mkdtempSync(join(tmpdir(), 'millrace-dvr-'));
    scene.picture = trackOf(await codedClip('avc'));
    scene.sound = trackOf(await codedClip('aac'));
  });
  after(() => {
    if (skip === false) rmSync(scene.folder, { recursive: true, force: true });
  });
  return scene;
}

/** A gateway as a process of its own that can be killed, with DVR in segments of a second and a long grace time. */
export class DvrServer {
  readonly #process: Background;
  readonly #data: string;
  rtmp = '';
  http = '';

  private constructor(data: string) {
    this.#data = data;
    this.#process = new Background(
      process.execPath,
      [
        ...['--import', 'tsx', 'src/main.ts', 'serve', '--host', '127.0.0.1'],
        ...['--rtmp-port', '0', '--http-port', '0', '--data-dir', data],
      ],
      {
        ...process.env,
        ...{ MILLRACE_HLS_DVR_SECONDS: '300', MILLRACE_PUBLISH_GRACE_SECONDS: '60' },
        ...{ MILLRACE_HLS_SEGMENT_SECONDS: '1', MILLRACE_LOG_FORMAT: 'json' },
      },
    );
  }

  static async start(data: string): Promise<DvrServer> {
    const server = new DvrServer(data);
    const line = await waitFor(
      'the gateway',
      () => /\{.*"gateway ready"\}/.exec(server.#process.output)?.[0],
    );
    const { rtmp, http } = JSON.parse(line) as { rtmp: number; http: number };
    server.rtmp = `rtmp://127.0.0.1:${rtmp}`;
    server.http = `http://127.0.0.1:${http}`;
    return server;
  }

  /** Fast, and never the end. */
  publish(tracks: readonly CodedTrack[], rounds: number): Promise<EnhancedPublisher> {
    return EnhancedPublisher.start({ url: `${this.rtmp}/live/cam`, tracks, speed: 20, rounds });
  }

  async lines(file: string): Promise<string[]> {
    const answer = await fetch(`${this.http}/live/cam/${file}`);
    return answer.ok ? (await answer.text()).split('\n') : [];
  }

  get dvr(): string {
    return join(this.#data, 'dvr');
  }

  /** What is known of the past after a crash, by rendition. */
  get indexes(): string[] {
    const names = readdirSync(this.dvr, { recursive: true, encoding: 'utf8' });
    const found = names.filter((name) => name.endsWith('index.jsonl'));
    return found.map((name) => readFileSync(join(this.dvr, name), 'utf8'));
  }

  get told(): string[] {
    const lines = this.#process.output.split('\n').filter((line) => line.includes('DVR'));
    return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#process.stop(signal);
  }
}

/** How often the operator has been alarmed. */
export async function alarms({ http }: DvrServer): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return Number(/^millrace_alarms_total (\d+)$/m.exec(text)?.[1]);
}

export const files = (lines: readonly string[]): string[] => lines.filter((line) => line.endsWith('.m4s'));
export const number = (file: string): number => Number(/(\d+)\.m4s$/.exec(file)![1]);

/** Every segment that is listed can be fetched, and numbers have no gap. */
export async function allThere(server: DvrServer, playlist: string): Promise<string[]> {
  const lines = await server.lines(playlist);
  const listed = files(lines);
  for (const [index, file] of listed.entries()) {
    const answer = await fetch(`${server.http}/live/cam/${file}`);
    await answer.arrayBuffer();
    assert.equal(answer.status, 200, `${file} of ${listed.length}`);
    assert.equal(number(file), number(listed[0]!) + index, 'numbers have no gap');
  }
  return lines;
}
