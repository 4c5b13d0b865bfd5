import { randomUUID } from 'node:crypto';
import type { RecordedEvent } from './event-store';
import { logLine, LogLineFault, readLogLine } from './log-line';
import { PostgresEventStore } from './postgres-event-store';
import { ImportRefused } from './import-refused';
import { importEvents } from './postgres-import';
import { openTestLedger, type TestLedger } from './postgres-ledger.testing';

const texts = ['{}', '{"a":"\\"\\\\\\n\u00e9\u{1f600}"}', '{"a": "spaces  kept"}\n', '{"tab":"\t","cr":"\r","ctrl":"\u0001\u0002"}', '\\.', '{"n":1e400}'];

function event(position: number, stream: string, revision: number, more: Partial<RecordedEvent> = {}): RecordedEvent {
  const recordedAt = new Date(Date.UTC(2020, 0, 1) + position).toISOString();
  const text = texts[position % texts.length]!;
  return { position: BigInt(position), stream, revision: BigInt(revision), id: randomUUID(), type: 'Happened', recordedAt, data: text, metadata: text, ...more };
}

describe('importEvents', () => {
  let ledger: TestLedger;
  let store: PostgresEventStore;
  beforeEach(async () => {
    ledger = await openTestLedger();
    store = new PostgresEventStore({ pool: ledger.pool, listen: ledger.listen });
  });
  afterEach(async () => {
    await store.close();
    await ledger.drop();
  });

  async function all(): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for await (const each of store.readAll()) events.push(each);
    return events;
  }

  it('keeps positions, revisions, ids, times and every byte, and appends go on behind', async () => {
    const first = [event(1, 's-a', 0), event(2, 's-b@1%: ü', 0), event(3, 's-a', 1)];
    const second = [event(4, 's-a', 2), event(5, 's-c', 0), event(6, 's-b@1%: ü', 1)];
    expect(await importEvents(ledger.pool, 0n, first)).toBe(3n);
    expect(await importEvents(ledger.pool, 3n, second)).toBe(6n);
    expect(await all()).toEqual([...first, ...second]);
    const next = { id: randomUUID(), type: 'Next', data: '{}', metadata: '{}' };
    expect(await store.append('s-a', 2n, [next])).toEqual({ outcome: 'appended', revision: 3n, position: 7n });
  });

  it('given the event of another program that says nothing, in a mirror, takes it as it is', async () => {
    const each = readLogLine(logLine(event(1, 'others-1', 0, { data: '', metadata: '' })));
    expect(await importEvents(ledger.pool, 0n, [each])).toBe(1n);
    expect(await all()).toEqual([each]);
  });

  it('reads back what it wrote as a line', () => {
    for (let position = 1; position <= texts.length; position++) {
      const each = event(position, 's-a', 3);
      expect(logLine(each)).not.toContain('\n');
      expect(readLogLine(logLine(each))).toEqual(each);
    }
  });

  it.each([
    ['a gap of positions', [event(1, 's-a', 0), event(3, 's-a', 1)]],
    ['a begin that is not the next position', [event(2, 's-a', 0)]],
    ['a time that falls', [event(1, 's-a', 0), event(2, 's-a', 1, { recordedAt: '2019-01-01T00:00:00.000Z' })]],
    ['a gap of revisions', [event(1, 's-a', 0), event(2, 's-a', 2)]],
    ['revisions in another order', [event(1, 's-a', 1), event(2, 's-a', 0)]],
    ['a stream that does not begin', [event(1, 's-a', 1)]],
    ['a position twice', [event(1, 's-a', 0), event(1, 's-b', 0)]],
  ])('refuses %s and keeps nothing', async (_, events) => {
    await expect(importEvents(ledger.pool, 0n, events)).rejects.toThrow(ImportRefused);
    expect(await all()).toEqual([]);
  });

  it('keeps nothing where what it reads from fails, and can be asked again', async () => {
    async function* broken(): AsyncGenerator<RecordedEvent> {
      for (let position = 1; position <= 2_000; position++) yield event(position, 's-a', position - 1);
      throw new Error('the file cannot be read');
    }
    await expect(importEvents(ledger.pool, 0n, broken())).rejects.toThrow('the file cannot be read');
    expect(await all()).toEqual([]);
    expect(await importEvents(ledger.pool, 0n, [event(1, 's-a', 0)])).toBe(1n);
  });

  it('refuses a continuation that is none: another head, a revision that is taken', async () => {
    await importEvents(ledger.pool, 0n, [event(1, 's-a', 0)]);
    await expect(importEvents(ledger.pool, 0n, [event(1, 's-a', 0)])).rejects.toThrow('ends at position 1, not at 0');
    await expect(importEvents(ledger.pool, 1n, [event(2, 's-a', 0)])).rejects.toThrow(ImportRefused);
    await expect(importEvents(ledger.pool, 1n, [event(2, 's-a', 2)])).rejects.toThrow(ImportRefused);
    await expect(importEvents(ledger.pool, 1n, [event(2, 's-a', 1, { recordedAt: '2019-01-01T00:00:00.000Z' })])).rejects.toThrow(ImportRefused);
    expect((await all()).length).toBe(1);
  });

  it.each(['', '[]', '{"position":"1"}', `${logLine(event(1, 's-a', 0)).slice(0, -1)},"more":"x"}`, logLine(event(1, '$s', 0)), logLine(event(0, 's', 0))])(
    'F31 tells a line that is no event: %s',
    (line) => {
      expect(() => readLogLine(line)).toThrow(LogLineFault);
    },
  );

  it('F31 takes a line that somebody wrote otherwise, and refuses what would be read as something else', () => {
    const each = event(2, 's-"\\', 0, { data: '{"a":"\\\\"}' });
    const line = logLine(each);
    const spaced = JSON.stringify(JSON.parse(line), null, 1).replaceAll('\n', ' ');
    expect(readLogLine(spaced)).toEqual(each);
    expect(() => readLogLine(line.replace('{', '{"stream":"s-1",'))).toThrow('It has a member twice.');
    expect(() => readLogLine(spaced.replace('{', '{"str\\u0065am":"s-1",'))).toThrow('It has a member twice.');
    expect(() => readLogLine(line.replace(/"recordedAt":"[^"]*"/, '"recordedAt":"2023-02-30T00:00:00.000Z"'))).toThrow('Its time must be');
  });
});
