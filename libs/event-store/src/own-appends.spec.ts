import type { RecordedEvent } from './event-store';
import { OwnAppends } from './own-appends';

function events(from: bigint, to: bigint, length = 2): RecordedEvent[] {
  const made: RecordedEvent[] = [];
  for (let position = from; position <= to; position += 1n) {
    const data = 'x'.repeat(length);
    made.push({ position, stream: 's', revision: position, id: `${position}`, type: 'Happened', data, metadata: '{}', recordedAt: '2026-11-25T00:00:00.000Z' });
  }
  return made;
}

const positions = (own: OwnAppends, position: bigint, limit = 500): bigint[] => own.behind(position, limit).map((event) => event.position);

describe('OwnAppends', () => {
  it('gives what lies behind a position, in order, and no more than is asked for', () => {
    const own = new OwnAppends();
    own.add(events(5n, 6n));
    own.add(events(7n, 9n));
    expect(positions(own, 4n)).toEqual([5n, 6n, 7n, 8n, 9n]);
    expect(positions(own, 6n, 2)).toEqual([7n, 8n]);
    expect(positions(own, 9n)).toEqual([]);
  });

  it('gives nothing where the next event is not here: the store has it', () => {
    const own = new OwnAppends();
    expect(positions(own, 0n)).toEqual([]);
    own.add(events(5n, 6n));
    expect(positions(own, 3n)).toEqual([]);
  });

  it('F9 never gives a gap as if it were none: behind what others appended it begins anew', () => {
    const own = new OwnAppends();
    own.add(events(5n, 6n));
    own.add(events(8n, 9n));
    expect(positions(own, 4n)).toEqual([]);
    expect(positions(own, 6n)).toEqual([]);
    expect(positions(own, 7n)).toEqual([8n, 9n]);
  });

  it.each([
    ['many events', 10_000n, 2],
    ['long events', 100n, 200_000],
  ])('forgets the oldest of %s, and keeps the newest', (_, last, length) => {
    const own = new OwnAppends();
    for (let position = 1n; position <= last; position += 1n) own.add(events(position, position, length));
    expect(positions(own, 0n)).toEqual([]);
    expect(positions(own, last - 1n)).toEqual([last]);
    const kept = positions(own, last - 8n, 10_000);
    expect(kept.at(-1)).toBe(last);
  });
});
