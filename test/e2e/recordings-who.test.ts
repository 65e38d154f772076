import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettingsInput } from '../../src/config/load.ts';
import { numberedClip } from '../support/clip.ts';
import { unlessThere } from '../support/programs.ts';
import { FROM_AFAR, recordClip, type Recorded } from '../support/recorded.ts';
import { waitFor } from '../support/wait.ts';

/** Who may have recordings: `record.watch`, the operator, and whoever may play the stream. */
const skip = unlessThere('ffmpeg');

function record(settings: SettingsInput): Promise<Recorded> {
  return recordClip(numberedClip(10), settings);
}

const status = async (url: string, headers: Record<string, string> = {}): Promise<number> => {
  const answer = await fetch(url, { headers });
  await answer.body?.cancel();
  return answer.status;
};

test(
  'the operator alone: by this machine, token or session; all others are told to sign in',
  { skip },
  async () => {
    const { gateway, base } = await record({ api: { token: 'a-token-for-the-operator' } });
    for (const path of ['1.mp4', '1.mp4/index.m3u8', '1.flv?start=3', '1.flv/index.m3u8', 'none.mp4']) {
      const url = `${base}/${path}`;
      const answer = await fetch(url, { headers: FROM_AFAR });
      assert.equal(answer.status, 401, `${path}: a stranger is not even told whether it is there`);
      assert.match(await answer.text(), /record\.watch/);
      if (path === 'none.mp4') continue;
      assert.equal(await status(url), 200, `${path}: from this machine`);
      const token = { ...FROM_AFAR, Authorization: 'Bearer a-token-for-the-operator' };
      assert.equal(await status(url, token), 200, `${path}: by token`);
    }
    await gateway.stop();
  },
);

test(
  'viewers: a play key lets in, its session reaches the segments, and who is kicked stays out',
  { skip },
  async () => {
    const { gateway, base } = await record({ record: { watch: 'viewers' }, access: { play: 'keys' } });
    const api = `${gateway.http}/api/v1`;
    const made = await fetch(`${api}/keys`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ action: 'play', streams: 'live/cam' }),
    });
    const { secret } = (await made.json()) as { secret: string };
    const ask = (path: string, more = {}): Promise<Response> =>
      fetch(new URL(path, `${base}/`), { headers: { ...FROM_AFAR, ...more } });

    assert.equal((await ask('1.mp4')).status, 401, 'without a key');
    assert.equal((await ask('1.mp4?key=vk_wrong')).status, 403, 'with a wrong one');
    assert.equal((await ask(`1.mp4?key=${secret}`)).status, 200, 'with the key');

    for (const ending of ['mp4', 'flv']) {
      const playlist = `1.${ending}/index.m3u8`;
      const text = await (await ask(`${playlist}?key=${secret}`)).text();
      const uris = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      const map = /EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1];
      for (const uri of [...uris, ...(map === undefined ? [] : [map])]) {
        assert.match(uri, /\?session=[\w-]{22}$/, uri);
        const target = new URL(uri, new URL(playlist, `${base}/`));
        assert.ok([200, 206].includes((await ask(target.href, { Range: 'bytes=0-9' })).status), uri);
        assert.equal((await ask(target.href.replace(/\?.*/, ''))).status, 401, `${uri} without its session`);
      }
      assert.ok(!text.includes(secret), 'the key itself is in no address');
    }

    const viewers = async (): Promise<{ id: string; protocol: string; bytesOut: number }[]> => {
      const answer = (await (await fetch(`${api}/viewers`)).json()) as { viewers: never };
      return answer.viewers;
    };
    const here = await viewers();
    assert.equal(here.length, 1, 'one player, however many requests it made');
    assert.deepEqual([here[0]!.protocol, here[0]!.bytesOut > 10_000], ['recording', true]);
    const kicked = await fetch(`${api}/viewers/${here[0]!.id}`, { method: 'DELETE' });
    assert.ok(kicked.ok, await kicked.text());
    await waitFor('the viewer to be gone', async () => (await viewers()).length === 0);
    assert.equal((await ask(`1.mp4?key=${secret}`)).status, 403, 'kicked');
    await gateway.stop();
  },
);

test('viewers where everybody may play: no session in the addresses', { skip }, async () => {
  const { gateway, base } = await record({ record: { watch: 'viewers' } });
  const text = await (await fetch(`${base}/1.flv/index.m3u8`, { headers: FROM_AFAR })).text();
  assert.match(text, /\.ts$/m);
  assert.ok(!text.includes('session='), text);
  await gateway.stop();
});
