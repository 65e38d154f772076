import assert from 'node:assert/strict';
import { clientRequestSchema, sourceOf } from '../../../src/servers/http/multitrack/client-request.ts';
import { configurationFor, configurationSchema } from '../../../src/servers/http/multitrack/configuration.ts';
import { NVIDIA, obsRequest } from '../../support/obs-request.ts';
import type { Target } from '../engine/target.ts';

const RENDITIONS = [
  { height: 1080, bitrateKbps: 6000, codec: 'av1' },
  { height: 720, bitrateKbps: 3000, codec: 'hevc' },
  { height: 480, bitrateKbps: 1200, fps: 30, codec: 'h264' },
] as const;
const INGEST = [{ protocol: 'RTMP', url: 'rtmp://host:1935/live' }] as const;

/** What OBS posts before it goes live with several renditions. */
export const multitrack: Target = {
  name: 'multitrack',
  holds:
    'GetClientConfiguration: whatever a client says of itself, it is told of one to three renditions, none larger or faster than its picture, in the words of the answer',
  maxBytes: 4096,
  deadlineMs: 50,
  seeds: () => [
    Buffer.from(
      JSON.stringify(obsRequest({ key: 'k', vendor: NVIDIA, maxKbps: 5000, maxTracks: 2, vod: true })),
    ),
    Buffer.from('{"authentication":"k","preferences":{"width":640,"height":361}}'),
  ],
  words: ['"canvases":[', '"framerate":{"numerator":1,"denominator":1}', '"maximum_video_tracks":1', 'null'],
  run(bytes) {
    const text = bytes.toString('utf8');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return;
    }
    const read = clientRequestSchema.safeParse(value);
    if (!read.success) return;
    const request = read.data;
    const told = configurationSchema.parse(
      configurationFor(request, { renditions: RENDITIONS, audioKbps: 160 }, INGEST),
    );
    const { width, height, frameRate } = sourceOf(request);
    const count = told.encoder_configurations.length;
    assert.ok(count >= 1 && count <= RENDITIONS.length, `${count} renditions`);
    for (const one of told.encoder_configurations) {
      assert.ok(one.width <= width + 1 && one.height <= height + 1, `${one.width}x${one.height}`);
      const { numerator, denominator } = one.framerate;
      assert.ok(numerator / denominator <= frameRate.numerator / frameRate.denominator, 'no faster');
    }
  },
};
