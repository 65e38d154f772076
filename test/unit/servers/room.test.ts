import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Room } from '../../../src/servers/room.ts';

interface One {
  readonly group: string;
}

/** The same by looking at all of them. */
class PlainRoom {
  readonly #all: One[] = [];

  get all(): readonly One[] {
    return this.#all;
  }

  of(group: string): One[] {
    return this.#all.filter((one) => one.group === group);
  }

  get largest(): number {
    return Math.max(0, ...this.#all.map(({ group }) => this.of(group).length));
  }

  add(one: One): void {
    this.#all.push(one);
  }

  delete(one: One): void {
    const at = this.#all.indexOf(one);
    if (at >= 0) this.#all.splice(at, 1);
  }
}

test('whoever has waited longest of the largest group is found, whoever comes and goes', () => {
  const step = fc.record({
    group: fc.constantFrom('a', 'b', 'c', 'd'),
    leaves: fc.nat(),
    goes: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const room = new Room<One>();
      const plain = new PlainRoom();
      for (const { group, leaves, goes } of steps) {
        const gone = plain.all[leaves % (plain.all.length + 1)];
        const one = goes && gone ? gone : { group };
        for (const each of [room, plain])
          if (goes && gone) each.delete(one);
          else each.add(one);
        assert.equal(room.size, plain.all.length, 'size');
        const longest = room.longest();
        if (plain.all.length === 0) assert.equal(longest, undefined, 'nobody is there');
        else {
          assert.equal(plain.of(longest!.group).length, plain.largest, 'of the largest group');
          assert.equal(longest, plain.of(longest!.group)[0], 'the first of it');
        }
        for (const name of ['a', 'b', 'c', 'd']) {
          assert.equal(room.sizeOf(name), plain.of(name).length, `size of ${name}`);
          assert.equal(room.longestOf(name), plain.of(name)[0], `first of ${name}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('deleting who is not there changes nothing', () => {
  const room = new Room<One>();
  room.delete({ group: 'a' });
  room.add({ group: 'a' });
  room.delete({ group: 'a' });
  assert.equal(room.size, 1, 'another one of the same group stays');
});
