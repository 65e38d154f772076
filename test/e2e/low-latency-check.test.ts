import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkText } from '../../src/inspect/check/check-text.ts';
import { check, type CheckedReport } from '../../src/inspect/check/check.ts';
import { codedClip } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf, type CodedTrack } from '../support/enhanced-publisher.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/**
 * The strict validator follows Low-Latency HLS while the things happen that happen, all at the same time.
 * MILLRACE_LONG=1 makes it five minutes each.
 */
const skip = unlessThere('ffmpeg');
const CHECK_SECONDS = process.env['MILLRACE_LONG'] === '1' ? 300 : 15;
/** A frame may come so much too early or too late, ms. */
const JITTER_MS = 14;

let gateway: TestGateway;
const reports = new Map<string, Promise<CheckedReport>>();
const publishers: EnhancedPublisher[] = [];

async function publish(name: string, tracks: readonly CodedTrack[]): Promise<EnhancedPublisher> {
  const url = `${gateway.rtmp}/live/${name}`;
  const publisher = await EnhancedPublisher.start({ url, tracks, rounds: Infinity });
  publishers.push(publisher);
  await waitFor(
    `${name} to be live`,
    async () => (await streamReport(gateway, `live/${name}`))?.state === 'live',
  );
  return publisher;
}

function follow(name: string): void {
  const report = check(`${gateway.http}/live/${name}.m3u8`, { seconds: CHECK_SECONDS });
  report.catch(() => undefined); // told by its own test
  reports.set(name, report);
}

/** The same numbers in each run. */
function jittered(track: CodedTrack): CodedTrack {
  let seed = 1;
  const next = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  return {
    ...track,
    packets: track.packets.map((packet) => {
      const by = Math.round((next() * 2 - 1) * JITTER_MS);
      return { ...packet, dtsMs: Math.max(0, packet.dtsMs + by) };
    }),
  };
}

before(async () => {
  if (skip) return;
  gateway = await startGateway();
  const [avc, hevc, aac, opus] = await Promise.all(
    (['avc', 'hevc', 'aac', 'opus'] as const).map(async (name) => trackOf(await codedClip(name))),
  );
  await publish('even', [avc!, aac!]);
  await publish('jittered', [jittered(avc!), aac!]);
  await publish('sound', [aac!]);
  const dying = await publish('reconnect', [avc!, aac!]);
  const changing = await publish('codec', [avc!, aac!]);
  for (const name of ['even', 'jittered', 'sound', 'reconnect', 'codec']) follow(name);
  await sleep((CHECK_SECONDS * 1000) / 2); // the middle of the run is where things shall happen
  dying.kill();
  changing.kill();
  await publish('reconnect', [avc!, aac!]);
  await publish('codec', [hevc!, opus!]);
});

after(async () => {
  if (skip) return;
  await Promise.allSettled(reports.values());
  for (const publisher of publishers) publisher.kill();
  await gateway.stop();
});

for (const [name, what, seams] of [
  ['even', 'a steady stream', 0],
  ['jittered', 'a jittered frame rate', 0],
  ['sound', 'sound alone', 0],
  ['reconnect', 'a publisher that is killed and comes back', 1],
  ['codec', 'a publisher that comes back with other codecs', 1],
] as const) {
  test(`nothing is wrong with the Low-Latency HLS of ${what}`, { skip }, async () => {
    const report = await reports.get(name)!;
    assert.deepEqual([report.check.violations, report.check.notes], [[], []], checkText(report));
    assert.ok(report.check.segments >= CHECK_SECONDS / 3, `only ${report.check.segments} segments`);
    const seen = report.playlists[0]!.segments.filter(({ discontinuity }) => discontinuity).length;
    assert.equal(seen, seams);
  });
}
