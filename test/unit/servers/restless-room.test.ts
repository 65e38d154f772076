import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RestlessRoom } from '../../../src/servers/restless-room.ts';
import { Room } from '../../../src/servers/room.ts';

interface One {
  readonly group: string;
}

/** Of groups of the same size, either will do. */
function assertLongest(found: One | undefined, room: Room<One>): void {
  const largest = room.longest();
  if (!largest || !found) return assert.equal(found, largest, 'nobody waits');
  assert.equal(room.sizeOf(found.group), room.sizeOf(largest.group), 'of a largest group');
  assert.equal(found, room.longestOf(found.group), 'the longest of it');
}

test('it answers as a room does, whoever comes and goes and whenever it is asked', () => {
  const step = fc.record({
    group: fc.constantFrom('a', 'b', 'c'),
    at: fc.nat(),
    what: fc.constantFrom('new', 'goes', 'comes back', 'ask', 'ask of a group'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const room = new Room<One>();
      const restless = new RestlessRoom<One>();
      const all: One[] = [];
      for (const { group, at, what } of steps) {
        const one = what === 'new' ? { group } : all[at % Math.max(all.length, 1)];
        if (what === 'new') all.push({ group });
        if (what === 'ask') assertLongest(restless.longest(), room);
        else if (what === 'ask of a group')
          assert.equal(restless.longestOf(group), room.longestOf(group), `longest of ${group}`);
        else if (one)
          for (const each of [room, restless]) {
            each.delete(one);
            if (what !== 'goes') each.add(one);
          }
      }
    }),
  );
});

test('who comes back has waited least', () => {
  const room = new RestlessRoom<One>();
  const [first, second] = [{ group: 'a' }, { group: 'a' }];
  room.add(first);
  room.add(second);
  assert.equal(room.longestOf('a'), first, 'in the order of coming');
  room.delete(first);
  room.add(first);
  assert.equal(room.longest(), second, 'the one who stayed');
  room.delete(second);
  room.delete(second);
  assert.equal(room.longest(), first, 'the other one has gone');
  room.delete(first);
  assert.equal(room.longest(), undefined, 'nobody waits');
});
