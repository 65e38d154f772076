import { test } from 'node:test';
import { codedClip } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { rungClip } from '../support/ladder-clips.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';
import { playerState } from './chromium.ts';
import { plays, statsOf, watchStand } from './watch-stand.ts';

/** Several sounds of one publisher in the page's menu. */
const skip = unlessThere('ffmpeg', 'chromium');

const stand = watchStand(skip);

for (const query of ['', '?engine=hls']) {
  const how = query === '' ? 'by the engine it begins with' : 'by HLS from the beginning';
  test(`another sound that is chosen is played, ${how}`, { skip }, async (context) => {
    const { gateway } = stand;
    const [picture, aac] = await Promise.all([rungClip({ height: 180, seconds: 3 }), codedClip('aac')]);
    const tracks = [trackOf(picture), trackOf(aac), trackOf(aac, { track: 1 })];
    const url = `${gateway.rtmp}/live/sounds${query.length}`;
    const publisher = await EnhancedPublisher.start({ url, tracks, legacy: true, rounds: Infinity });
    context.after(() => publisher.kill());
    const page = await stand.open(context, `/watch/live/sounds${query.length}${query}`);
    await plays(page);
    let fetched = 0;
    page.on('response', (answer) => {
      if (/\/audio1-[^/]*\.m4s/.test(answer.url())) fetched++;
    });
    await page.locator('.quality-button').click({ force: true });
    await page.getByText('Sound 2').click({ force: true });
    await waitFor('the other sound', () => fetched > 1);
    await waitFor('play by HLS', async () => (await playerState(page)).engine === 'hls');
    await plays(page);
    const from = (await statsOf(page)).currentTime;
    await waitFor('two seconds more', async () => (await statsOf(page)).currentTime > from + 2);
  });
}
