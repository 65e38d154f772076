import type { SettingsInput } from '../../src/config/load.ts';
import type { RecordingInfo } from '../../src/servers/http/api/parts.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { runProgram } from './programs.ts';
import { waitFor } from './wait.ts';

export interface Recorded {
  readonly gateway: TestGateway;
  /** Address of the folder of `live/cam`'s recordings: `1.mp4` and `1.flv`. */
  readonly base: string;
  readonly recordings: readonly RecordingInfo[];
}

/** A gateway that has recorded a clip in both formats, twenty times as fast as it plays. */
export async function recordClip(clip: string, settings: SettingsInput = {}): Promise<Recorded> {
  const gateway = await startGateway({
    ...settings,
    record: {
      rules: [{ streams: 'live/*', formats: ['mp4', 'flv'] }],
      name: '{app}/{stream}/{n}',
      ...settings['record'],
    },
    publish: { graceSeconds: 0 },
  });
  const input = ['-readrate', '20', '-i', clip, '-c', 'copy'];
  await runProgram('ffmpeg', ['-v', 'error', ...input, '-f', 'flv', `${gateway.rtmp}/live/cam`]);
  const recordings = await waitFor('both recordings to be closed', async () => {
    const answer = await fetch(`${gateway.http}/api/v1/recordings`);
    const { recordings } = (await answer.json()) as { recordings: RecordingInfo[] };
    return recordings.length === 2 && recordings.every(({ active }) => !active) && recordings;
  });
  return { gateway, base: `${gateway.http}/api/v1/recordings/live/cam`, recordings };
}

/** Headers of somebody who does not sit at the gateway's own machine. */
export const FROM_AFAR = { 'X-Forwarded-For': '203.0.113.7' };
