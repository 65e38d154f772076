import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildPage, type BuiltPage } from '../../../scripts/build-page.mjs';

/** What a first visit may load, in gzipped bytes, without the engines. */
const FIRST_LOAD_BYTES = 150_000;

let out: string;
let built: BuiltPage;
let html: string;

before(async () => {
  out = await mkdtemp(join(tmpdir(), 'millrace-page-'));
  built = await buildPage(out);
  html = await readFile(join(out, 'index.html'), 'utf8');
});

after(() => rm(out, { recursive: true }));

for (const page of ['home', 'watch'] as const) {
  test(`the first load of the ${page} page is within its budget`, () => {
    const { gzipBytes, files } = built.firstLoad[page];
    assert.ok(gzipBytes <= FIRST_LOAD_BYTES, `${gzipBytes} bytes: ${files.join(', ')}`);
    for (const what of [/\.css$/, /\.woff2$/, /^main-/])
      assert.ok(
        files.some((name) => what.test(name)),
        String(what),
      );
  });
}

test('engines, charts and QR codes are parts of their own', () => {
  const first = new Set([...built.firstLoad.home.files, ...built.firstLoad.watch.files]);
  for (const part of ['engine-flv', 'engine-fmp4', 'engine-hls', 'engine-native', 'plot']) {
    const file = built.files.find(({ name }) => name.startsWith(`${part}-`) && name.endsWith('.js'));
    assert.ok(file && !first.has(file.name), part);
  }
  assert.ok(!built.firstLoad.home.files.some((name) => name.startsWith('watch-')));
});

test('the gateway’s readers and writers have their Buffer, in the part that needs it alone', async () => {
  const withBuffer: string[] = [];
  for (const { name } of built.files.filter((file) => file.name.endsWith('.js')))
    if ((await readFile(join(out, 'assets', name), 'utf8')).includes('.poolSize')) withBuffer.push(name);
  assert.equal(withBuffer.length, 1, withBuffer.join(' '));
  assert.match(withBuffer[0] ?? '', /^engine-fmp4-/);
});

test('a visitor loads nothing that is the operator’s', () => {
  const first = new Set([...built.firstLoad.home.files, ...built.firstLoad.watch.files]);
  for (const part of ['desk', 'sign-in', 'verdicts']) {
    const file = built.files.find(({ name }) => name.startsWith(`${part}-`) && name.endsWith('.js'));
    assert.ok(file && !first.has(file.name), part);
  }
  assert.ok(built.firstLoad.home.gzipBytes < 50_000, `home: ${built.firstLoad.home.gzipBytes} bytes`);
});

test('every asset has a hash in its name, and the page names assets that exist', async () => {
  const assets = await readdir(join(out, 'assets'));
  for (const name of assets) assert.match(name, /-[A-Z0-9]{8}\./);
  const named = [...html.matchAll(/\/assets\/([\w.-]+)/g)].map(([, name]) => name);
  assert.equal(named.length, 4);
  for (const name of named) assert.ok(name !== undefined && assets.includes(name), name);
});

test('nothing comes from another host and nothing is inline', async () => {
  assert.doesNotMatch(html, /(src|href)="(https?:)?\/\//);
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\son\w+=|style="/);
  const css = built.firstLoad.home.files.find((name) => name.endsWith('.css'));
  assert.ok(css);
  const style = await readFile(join(out, 'assets', css), 'utf8');
  assert.doesNotMatch(style, /url\(["']?(https?:)?\/\//);
});
