import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stream } from '../../../public/api/types.ts';
import type { EngineRun } from '../../../public/player/engine.ts';
import { pastLength, Place } from '../../../public/player/past.ts';
import { Pilot } from '../../../public/player/pilot.ts';

const facts = (uptimeSeconds: number, dvrSeconds?: number): Stream =>
  ({ uptimeSeconds, ...(dvrSeconds !== undefined && { dvrSeconds }) }) as Stream;
const playlist = (seconds: number): EngineRun =>
  ({ past: () => ({ start: 100, end: 100 + seconds }) }) as EngineRun;
const FLV = { run: { past: () => undefined } as unknown as EngineRun, hasHls: true, isWanted: true };

test('a stream whose past is kept can be gone back in as soon as there are some seconds of it', () => {
  assert.equal(pastLength({ ...FLV, facts: facts(4, 600) }), undefined, 'nothing to speak of yet');
  assert.equal(pastLength({ ...FLV, facts: facts(12, 600) }), 12);
  assert.equal(pastLength({ ...FLV, facts: facts(5000, 600) }), 600, 'no more than is kept');
  assert.equal(pastLength({ ...FLV, facts: facts(12, 600), run: playlist(11) }), 11, 'HLS knows exactly');
});

test('the few segments of a plain playlist are no past', () => {
  assert.equal(pastLength({ ...FLV, facts: facts(5000), run: playlist(12) }), undefined);
  assert.equal(pastLength({ ...FLV, facts: facts(5000), run: playlist(90) }), 90);
  assert.equal(pastLength({ ...FLV, facts: facts(5000) }), undefined);
});

test('no past is offered that no engine can go to, or that the viewer does not want', () => {
  assert.equal(pastLength({ ...FLV, facts: facts(5000, 600), hasHls: false }), undefined);
  assert.equal(pastLength({ ...FLV, facts: facts(5000, 600), isWanted: false }), undefined);
});

test('a place in the past is further behind the edge the later it is come back to', () => {
  const place = new Place();
  assert.equal(place.behind(0), undefined);
  place.keep(20, 1_000_000);
  assert.equal(place.behind(1_070_000), 90);
  assert.equal(place.behind(900_000), 20, 'a clock that was set back moves nobody');
  place.forget();
  assert.equal(place.behind(1_070_000), undefined);
});

test('who goes on in the past before there is media is brought to where it last wished', () => {
  const video = { currentTime: 0, readyState: 0, buffered: { length: 0 } } as HTMLVideoElement;
  const pilot = new Pilot(video, { ...playlist(300), edge: () => 400, band: BAND }, 40);
  assert.equal(pilot.behind, 40);
  assert.equal(pilot.goTo(55), true);
  assert.deepEqual([pilot.behind, pilot.held], [55, true]);
  pilot.release();
  assert.equal(pilot.held, false);
});

const BAND = { target: 1, startFrom: 2, hurryFrom: 2, hurryMoreFrom: 3, jumpFrom: 4 };
