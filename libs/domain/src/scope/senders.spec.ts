import fc from 'fast-check';
import { addTo, deleteFrom, Senders, type Members } from './senders';

describe('Senders', () => {
  const holdings = [{ name: 'a' }, { name: 'b' }, { name: 'c' }] as const;
  const step = fc.record({
    adds: fc.boolean(),
    source: fc.constantFrom('192.0.2.1', '192.0.2.2'),
    port: fc.integer({ min: 0, max: 3 }),
    holding: fc.constantFrom(...holdings),
  });
  const namesOf = (members: Members<{ name: string }> | undefined): string[] =>
    (members === undefined ? [] : members instanceof Set ? [...members] : [members]).map(({ name }) => name).sort();

  it('given any adding and deleting, when a sender is looked up, then it has who a map of (port, source) has', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const senders = new Senders<{ name: string }>();
        const map = new Map<string, Members<{ name: string }>>();
        for (const { adds, source, port, holding } of steps) {
          const key = `${port} ${source}`;
          if (adds) {
            senders.add(source, port, holding);
            addTo(map, key, holding);
          } else {
            senders.delete(source, port, holding);
            deleteFrom(map, key, holding);
          }
          expect(namesOf(senders.get(source, port))).toEqual(namesOf(map.get(key)));
          expect(senders.isEmpty).toBe(map.size === 0);
          expect([...senders.entries()].map(([named, members]) => [named, namesOf(members)]).sort()).toEqual(
            [...map].map(([named, members]) => [named, namesOf(members)]).sort(),
          );
          for (const looked of holdings) {
            const isHeld = [...map.values()].some((members) => namesOf(members).includes(looked.name));
            expect(senders.some((held) => held === looked)).toBe(isHeld);
          }
        }
      }),
    );
  });

  it('given ports of one source, when the first of them is named no more, then the others are, and only they', () => {
    const senders = new Senders<{ name: string }>();
    for (const port of [1, 2, 3]) senders.add('192.0.2.1', port, holdings[0]);
    senders.delete('192.0.2.1', 1, holdings[0]);
    expect([...senders.entries()]).toEqual([['2 192.0.2.1', holdings[0]], ['3 192.0.2.1', holdings[0]]]);
  });
});
