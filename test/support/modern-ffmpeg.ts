import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * ffmpeg 8 as a library (the npm package `node-av`, MIT; its binary holds FFmpeg): it publishes Enhanced RTMP, several tracks too,
 * which the ffmpeg of this system may not. A judge from outside for tests; it is large and no dependency: it is looked for beside
 * this project's own packages and in TEST_NODE_AV, a folder with a `node_modules`.
 */
interface NodeAv {
  readonly Demuxer: { open(file: string): Promise<AvInput> };
  readonly Muxer: { open(url: string, options: { readonly format: string }): Promise<AvOutput> };
}
interface AvStream {
  readonly timeBase: { readonly num: number; readonly den: number };
  readonly codecpar: { codecTag: number };
}
interface AvPacket {
  readonly dts: bigint;
  readonly streamIndex: number;
  free(): void;
}
interface AvInput {
  readonly streams: readonly AvStream[];
  packets(): AsyncGenerator<AvPacket | null, undefined>;
  close(): Promise<void>;
}
interface AvOutput {
  addStream(stream: AvStream): number;
  writePacket(packet: AvPacket, stream: number): Promise<void>;
  close(): Promise<void>;
}

function locate(): string | undefined {
  const places = [process.env['TEST_NODE_AV'], process.cwd()].filter((place) => place !== undefined);
  for (const place of places) {
    try {
      return createRequire(join(place, 'package.json')).resolve('node-av');
    } catch {
      // Not there.
    }
  }
  return undefined;
}

/** For a test's `skip` option. */
export const unlessModernFfmpeg = (): string | false =>
  locate() === undefined ? 'not installed: node-av (ffmpeg 8); see TEST_NODE_AV' : false;

/** Sends files, each with one track, as one publisher in real time; the first of each kind is track 0. Resolves when all is sent. */
export async function publishByModernFfmpeg(files: readonly string[], url: string): Promise<number> {
  withResolvers();
  const { Demuxer, Muxer } = (await import(pathToFileURL(locate()!).href)) as NodeAv;
  const output = await Muxer.open(url, { format: 'flv' });
  const inputs = await Promise.all(files.map((file) => Demuxer.open(file)));
  const sources = inputs.map((input) => {
    const [stream] = input.streams;
    stream!.codecpar.codecTag = 0; // another container's
    return { stream: stream!, to: output.addStream(stream!), packets: input.packets() };
  });
  const begun = performance.now();
  let sent = 0;
  const heads = await Promise.all(sources.map(({ packets }) => packets.next()));
  for (;;) {
    const times = heads.map((head, index) => {
      const { num, den } = sources[index]!.stream.timeBase;
      return head.value ? (Number(head.value.dts) * num * 1000) / den : Infinity;
    });
    const next = times.indexOf(Math.min(...times));
    const packet = heads[next]?.value;
    if (!packet || times[next] === Infinity) break;
    await new Promise((resolve) => setTimeout(resolve, times[next]! - (performance.now() - begun)));
    await output.writePacket(packet, sources[next]!.to);
    packet.free();
    sent++;
    heads[next] = await sources[next]!.packets.next();
  }
  await output.close();
  return sent;
}

/** It is written for Node.js 22. */
function withResolvers(): void {
  const made = Promise as unknown as { withResolvers?: () => unknown };
  made.withResolvers ??= () => {
    let settle = {};
    const promise = new Promise((resolve, reject) => (settle = { resolve, reject }));
    return { promise, ...settle };
  };
}
