import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AVCC_360P } from '../support/media.ts';
import { startGateway } from '../support/gateway.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { avcConfig, videoBody } from '../support/show.ts';

/** A machine that is suspended, or whose only core somebody else has, does nothing at all for a while. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('a gateway that was held up reads what its publisher has sent meanwhile before it takes it for gone', async (context) => {
  const gateway = await startGateway({ publish: { idleSeconds: 2 } });
  context.after(() => gateway.stop());
  const publisher = await publishTo(`${gateway.rtmp}/live/show`);
  publisher.video(0, avcConfig(AVCC_360P));
  publisher.video(0, videoBody(true, 200, 0));
  await publisher.roundTrip();
  publisher.video(40, videoBody(false, 200, 1));
  holdUp(3_500);
  await Promise.race([publisher.roundTrip(), publisher.closed]);
  assert.equal(publisher.isClosed, false, 'it is still there');
  assert.equal(publisher.end, undefined);
  // And silence is found out as before.
  await publisher.closed;
});
