import fc from 'fast-check';
import { fingerprint } from '../proof/fingerprint.testing';
import { Journal, JournaledIndex, JournaledMap } from './journal';
import { runs } from '../proof/property-runs.testing';

describe('a map whose changes can be taken back', () => {
  const given = (...entries: (readonly [string, number])[]) => {
    const journal = new Journal();
    const map = new JournaledMap<string, number>(journal);
    for (const [key, value] of entries) map.set(key, value);
    return { journal, map };
  };

  test('is a plain map, and what is unwound was never there', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const change = fc.record({ key, value: fc.option(fc.nat(3), { nil: undefined }) });
    const batch = fc.record({ changes: fc.array(change, { maxLength: 8 }), end: fc.constantFrom('confirm', 'unwind', 'unrecorded' as const) });
    fc.assert(fc.property(fc.array(batch, { maxLength: 8 }), (batches) => {
      const { journal, map } = given();
      const plain = new Map<string, number>();
      for (const { changes, end } of batches) {
        if (end !== 'unrecorded') journal.begin();
        for (const { key: changed, value } of changes) {
          if (value === undefined) map.delete(changed);
          else map.set(changed, value);
          if (end === 'unwind') continue;
          if (value === undefined) plain.delete(changed);
          else plain.set(changed, value);
        }
        if (end === 'confirm') journal.confirm();
        if (end === 'unwind') journal.unwind();
        expect([...map.entries()].sort()).toEqual([...plain].sort());
        expect([map.size, [...map.keys()].sort(), [...map.values()].sort()]).toEqual([plain.size, [...plain.keys()].sort(), [...plain.values()].sort()]);
        for (const each of 'abc') expect([map.has(each), map.get(each)]).toEqual([plain.has(each), plain.get(each)]);
        expect([journal.clean, journal.recording]).toEqual([true, false]);
      }
    }), runs);
  });
  test('given a change that was confirmed, when a later one is unwound, then the first stands', () => {
    const { journal, map } = given(['a', 1]);
    journal.begin();
    map.set('a', 2);
    journal.confirm();
    journal.begin();
    map.delete('a');
    journal.unwind();
    expect(map.get('a')).toBe(2);
  });
  test('what is not there leaves nothing to take back when it is deleted; what changes does', () => {
    const { journal, map } = given(['a', 1]);
    journal.begin();
    map.delete('b');
    expect(journal.clean).toBe(true);
    map.delete('a');
    expect(journal.clean).toBe(false);
  });
  test('a batch of thousands is taken back whole, and the next one after it', () => {
    const { journal, map } = given(['a', 1]);
    for (const changes of [5_000, 2, 5_000]) {
      journal.begin();
      for (let n = 0; n < changes; n++) map.set(`${n}`, n);
      journal.unwind();
      expect([...map.entries()]).toEqual([['a', 1]]);
    }
  });
  test('what is made of the state is not taken back, and what comes after it is, also where the making failed', () => {
    const { journal, map } = given();
    journal.begin();
    expect(journal.unrecorded(() => (map.set('made', 1), journal.recording))).toBe(false);
    expect(() => journal.unrecorded(() => { throw new Error('no making'); })).toThrow('no making');
    map.set('after', 1);
    journal.unwind();
    expect([...map.keys()]).toEqual(['made']);
    journal.unrecorded(() => map.set('fold', 1));
    expect([journal.recording, journal.clean]).toEqual([false, true]);
  });
  test('what was told last is taken back first', () => {
    const { journal } = given();
    const order: number[] = [];
    journal.onUnwind(() => order.push(0));
    journal.begin();
    for (const n of [1, 2, 3]) journal.onUnwind(() => order.push(n));
    journal.unwind();
    expect(order).toEqual([3, 2, 1]);
  });
});

describe('members by key', () => {
  const key = fc.constantFrom('a', 'b');
  const change = fc.record({ key, member: fc.constantFrom('x1', 'y2', 'z3'), adds: fc.boolean() });
  const batch = fc.record({ changes: fc.array(change, { maxLength: 8 }), isUnwound: fc.boolean() });

  test('are those of a map of sets, one or many, and what is unwound was never there', () => {
    fc.assert(fc.property(fc.array(batch, { maxLength: 8 }), (batches) => {
      const journal = new Journal();
      const index = new JournaledIndex<string, string>(journal);
      const plain = new Map<string, Set<string>>();
      for (const { changes, isUnwound } of batches) {
        const before = fingerprint(index);
        if (isUnwound) journal.begin();
        for (const { key: of, member, adds } of changes) {
          const has = new Set(index.get(of)).has(member);
          // Who tells the index knows what stands in it.
          if (has === adds) continue;
          if (adds) index.add(of, member);
          else index.delete(of, member);
          if (isUnwound) continue;
          const members = plain.get(of) ?? new Set();
          if (adds) members.add(member);
          else members.delete(member);
          plain.set(of, members);
        }
        if (isUnwound) {
          journal.unwind();
          expect(fingerprint(index)).toBe(before);
        }
        for (const of of 'ab') expect([...(index.get(of) ?? [])].sort()).toEqual([...(plain.get(of) ?? [])].sort());
        expect([...index.keys()].sort()).toEqual([...plain].filter(([, members]) => members.size > 0).map(([of]) => of).sort());
        for (const of of 'ab') if (!plain.get(of)?.size) expect(index.get(of)).toBeUndefined();
      }
    }), runs);
  });
  test('one that is added twice stands once, one that is not there is not deleted', () => {
    const index = new JournaledIndex<string, string>(new Journal());
    for (const member of ['x1', 'x1']) index.add('a', member);
    expect([...index.get('a')!]).toEqual(['x1']);
    index.delete('a', 'y1');
    index.delete('b', 'x1');
    expect([[...index.get('a')!], [...index.keys()]]).toEqual([['x1'], ['a']]);
    for (const member of ['y1', 'y1', 'x1']) index.add('a', member);
    expect([...index.get('a')!]).toEqual(['x1', 'y1']);
    index.delete('a', 'x1');
    index.delete('a', 'x1');
    expect([...index.get('a')!]).toEqual(['y1']);
  });
});
