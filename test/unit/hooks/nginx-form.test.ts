import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  connectForm,
  disconnectForm,
  doneForm,
  playForm,
  publishForm,
  recordDoneForm,
} from '../../../src/hooks/nginx-form.ts';

/** As Debian's nginx-rtmp 1.2.2 was seen to send them for ffmpeg and rtmpdump. */
const visit = {
  app: 'live',
  stream: 'cam',
  program: 'LNX 1',
  swfUrl: 'http://swf/',
  tcUrl: 'rtmp://127.0.0.1:18935/live',
  origin: 'http://page/x?y=1',
  address: '127.0.0.1',
  connection: 4,
  query: 'key=s3cret&a=b+c%26',
};
const SESSION =
  'app=live&flashver=LNX%201&swfurl=http://swf/&tcurl=rtmp://127.0.0.1:18935/live&pageurl=http://page/x%3Fy=1&addr=127.0.0.1';
const ARGS = 'key=s3cret&a=b+c%26';

test('the fields of each call, in the order in which nginx-rtmp sends them', () => {
  const seen = {
    connect: connectForm(visit, 22_557_768),
    publish: publishForm(visit),
    play: playForm(visit),
    publishDone: doneForm('publish_done', visit),
    done: doneForm('done', visit),
    recordDone: recordDoneForm(visit, '', '/var/rec/cam-1.flv'),
    disconnect: disconnectForm(visit),
  };
  assert.deepEqual(
    seen,
    {
      connect: `${SESSION}&epoch=22557768&call=connect&${ARGS}`,
      publish: `${SESSION}&clientid=4&call=publish&name=cam&type=live&${ARGS}`,
      play: `${SESSION}&clientid=4&call=play&name=cam&start=4294965296&duration=0&reset=0&${ARGS}`,
      publishDone: `${SESSION}&clientid=4&call=publish_done&name=cam&${ARGS}`,
      done: `${SESSION}&clientid=4&call=done&name=cam&${ARGS}`,
      recordDone: `${SESSION}&clientid=4&call=record_done&recorder=&name=cam&path=/var/rec/cam-1.flv&${ARGS}`,
      disconnect: `${SESSION}&clientid=4&call=disconnect&app=live`,
    },
    'forms',
  );
});

test('a visitor without parameters, page and program sends empty fields, and nothing at the end', () => {
  const plain = { app: 'live', stream: 'cam', address: '::1', connection: 1, query: '' };
  const form = publishForm(plain);
  assert.equal(
    form,
    'app=live&flashver=&swfurl=&tcurl=&pageurl=&addr=::1&clientid=1&call=publish&name=cam&type=live',
    'form',
  );
});

test('a publisher cannot pass a parameter off as a field of the call', () => {
  for (const forged of [
    'name=admin',
    'addr=10.0.0.1',
    'n%61me=admin',
    'name[]=admin',
    'NAME=admin',
    '+name=admin',
    'call',
    'clientid=7',
  ]) {
    const form = publishForm({ ...visit, query: `${forged}&key=1` });
    assert.equal(form, `${SESSION}&clientid=4&call=publish&name=cam&type=live&key=1`, forged);
  }
});

test('whatever a player calls itself stays in its field', () => {
  const form = publishForm({ ...visit, program: 'a&name=x\r\n#ü"\ud800', query: '' });
  const fields = new URLSearchParams(form);
  assert.equal(fields.get('flashver'), 'a&name=x\r\n#ü"\ufffd', 'flashver');
  assert.deepEqual(fields.getAll('name'), ['cam'], 'name');
  assert.match(form, /^[!-~]+$/, 'printable ASCII only');
});
