import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { ClientAddresses, type ForwardedHeader } from '../../../src/servers/http/client-address.ts';
import { networks } from '../../../src/servers/networks.ts';

function addressOf(header: ForwardedHeader, headers: Record<string, string>, from = '10.0.0.1'): string {
  const trusted = networks(['10.0.0.0/8', 'fd00::/8']);
  if ('refused' in trusted) return assert.fail(trusted.refused);
  return new ClientAddresses({ trusted, header }).addressOf(requestFrom(from, headers));
}

function requestFrom(remoteAddress: string, headers: Record<string, string>): IncomingMessage {
  const socket = { remoteAddress, localAddress: '192.0.2.99' };
  const request: unknown = { headers: { host: 'localhost', ...headers }, httpVersion: '1.1', socket };
  return request as IncomingMessage;
}

const LISTS: readonly (readonly [text: string, client: string])[] = [
  ['203.0.113.5', '203.0.113.5'],
  ['198.51.100.1, 203.0.113.5', '203.0.113.5'], // what stands further left comes from the client itself
  ['203.0.113.5, 10.1.2.3', '203.0.113.5'],
  ['203.0.113.5,10.1.2.3,10.0.0.7', '203.0.113.5'],
  ['10.1.2.3', '10.1.2.3'],
  ['203.0.113.5:4711', '203.0.113.5'],
  ['::ffff:203.0.113.5', '203.0.113.5'],
  ['2001:db8::5', '2001:db8::5'],
  ['[2001:db8::5]:4711', '2001:db8::5'],
  ['203.0.113.5, unknown, 10.1.2.3', '10.1.2.3'],
  ['rubbish', '10.0.0.1'],
  ['', '10.0.0.1'],
];
for (const [text, client] of LISTS) {
  test(`X-Forwarded-For "${text}" from a trusted proxy is ${client}`, () => {
    assert.equal(addressOf('x-forwarded-for', { 'x-forwarded-for': text }), client);
  });
}

const FORWARDED: readonly (readonly [text: string, client: string])[] = [
  ['for=203.0.113.5;proto=https;by=10.0.0.1', '203.0.113.5'],
  ['for=198.51.100.1, For="[2001:db8::5]:4711";host=x', '2001:db8::5'],
  ['proto=https;for="203.0.113.5:80", for=10.1.2.3', '203.0.113.5'],
  ['for=203.0.113.5, for=_hidden', '10.0.0.1'],
  ['forfor=203.0.113.5', '10.0.0.1'],
];
for (const [text, client] of FORWARDED) {
  test(`Forwarded "${text}" from a trusted proxy is ${client}`, () => {
    assert.equal(addressOf('forwarded', { forwarded: text }), client);
  });
}

test('only the header of the settings counts: a proxy passes the other one on as anybody wrote it', () => {
  assert.equal(addressOf('x-forwarded-for', { forwarded: 'for=203.0.113.5' }), '10.0.0.1');
  assert.equal(addressOf('forwarded', { 'x-forwarded-for': '203.0.113.5' }), '10.0.0.1');
});

test('who is not trusted says nothing about where it is', () => {
  assert.equal(
    addressOf('x-forwarded-for', { 'x-forwarded-for': '203.0.113.5' }, '198.51.100.1'),
    '198.51.100.1',
  );
  const nobody = new ClientAddresses();
  assert.equal(nobody.addressOf(requestFrom('127.0.0.1', { 'x-forwarded-for': '203.0.113.5' })), '127.0.0.1');
});

test('this machine is who comes from it without a trace of a proxy', () => {
  const clients = new ClientAddresses();
  const isOurs = (from: string, headers = {}) => clients.of(requestFrom(from, headers)).isThisMachine;
  assert.equal(isOurs('127.0.0.1'), true);
  assert.equal(isOurs('::1'), true);
  assert.equal(isOurs('::ffff:192.0.2.99'), true, 'its own address');
  assert.equal(isOurs('192.0.2.1'), false);
  for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via', 'x-forwarded-proto'])
    assert.equal(isOurs('127.0.0.1', { [header]: 'x' }), false, header);
});

test('this machine is not who comes by a name or an address that is not its own, nor a page of another site', () => {
  const clients = new ClientAddresses();
  const asked = (headers: Record<string, string>): boolean =>
    clients.of(requestFrom('127.0.0.1', headers)).isThisMachine;
  for (const host of ['127.0.0.1:80', '[::1]:80', '192.0.2.99', 'a.localhost'])
    assert.equal(asked({ host }), true, host);
  // The last one is what HAProxy passes on of who came to the public address.
  for (const host of ['evil.example', 'localhost.evil.example', '', '203.0.113.5'])
    assert.equal(asked({ host }), false, `Host: ${host}`);
  assert.equal(asked({ origin: 'http://localhost' }), true);
  assert.equal(asked({ origin: 'https://evil.example' }), false);
  assert.equal(asked({ 'sec-fetch-site': 'cross-site' }), false);
});
