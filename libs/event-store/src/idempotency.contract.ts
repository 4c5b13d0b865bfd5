import * as fc from 'fast-check';
import { collect, newEvent, newEvents, newStream, type ContractLedger } from './contract-ledger.testing';
import type { AppendResult, ExpectedRevision, NewEvent } from './event-store';
import { AppendRefused, OutcomeUnknown } from './event-store';
import { FaultyEventStore } from './faulty-event-store';

/** The table of idempotency, as a real EventStoreDB node keeps it; other data under known ids is refused here. */
export function describeIdempotency(ledger: () => ContractLedger): void {
  describe('idempotency', () => {
    it('answers the same ids at the same expected revision as the first time, also long after', async () => {
      const { store, another } = ledger();
      const stream = newStream();
      const [first, second] = [newEvents(2), newEvents(3)];
      const firstAnswer = await store.append(stream, 'no-stream', first);
      const secondAnswer = await store.append(stream, 1n, second);
      await store.append(stream, 4n, newEvents(50));
      const head = await store.head();
      const other = await another();
      expect(await other.append(stream, 'no-stream', first)).toEqual(firstAnswer);
      expect(await other.append(stream, 1n, second)).toEqual(secondAnswer);
      expect(await store.head()).toBe(head);
      await other.close();
    });

    it('answers a part of an append, at the part\'s own expected revision, with the part\'s last event', async () => {
      const { store } = ledger();
      const stream = newStream();
      const events = newEvents(4);
      const answer = (await store.append(stream, 'no-stream', events)) as AppendResult & { position: bigint };
      expect(await store.append(stream, 'no-stream', events.slice(0, 2))).toEqual({ outcome: 'appended', revision: 1n, position: answer.position - 2n });
      expect(await store.append(stream, 0n, events.slice(1, 3))).toEqual({ outcome: 'appended', revision: 2n, position: answer.position - 1n });
    });

    it.each<[string, (event: NewEvent) => NewEvent]>([
      ['data', (event) => ({ ...event, data: '{"other":1}' })],
      ['type', (event) => ({ ...event, type: 'Other' })],
    ])('refuses other %s under the same ids', async (_, change) => {
      const { store } = ledger();
      const stream = newStream();
      const events = newEvents(2);
      await store.append(stream, 'no-stream', events);
      await expect(store.append(stream, 'no-stream', [events[0]!, change(events[1]!)])).rejects.toThrow(AppendRefused);
    });

    it('finds known ids at another expected revision, known mixed with new, or in another order, to be a wrong revision', async () => {
      const { store } = ledger();
      const stream = newStream();
      const [a, b, c] = newEvents(3) as [NewEvent, NewEvent, NewEvent];
      await store.append(stream, 'no-stream', [a, b, c]);
      const head = await store.head();
      const wrong = { outcome: 'wrong-expected-revision', actual: 2n };
      expect(await store.append(stream, 0n, [a, b])).toEqual(wrong);
      expect(await store.append(stream, 7n, [a, b, c])).toEqual(wrong);
      expect(await store.append(stream, 1n, [c, newEvent()])).toEqual(wrong);
      expect(await store.append(stream, 'no-stream', [a, newEvent()])).toEqual(wrong);
      expect(await store.append(stream, 'no-stream', [b, a])).toEqual(wrong);
      expect(await store.head()).toBe(head);
    });

    it('knows ids only where the expected revision puts them: at the present end, and in another stream, they are new', async () => {
      const { store } = ledger();
      const stream = newStream();
      const events = newEvents(1);
      await store.append(stream, 'no-stream', events);
      expect(await store.append(stream, 0n, events)).toMatchObject({ outcome: 'appended', revision: 1n });
      expect(await store.append(newStream(), 'no-stream', events)).toMatchObject({ outcome: 'appended', revision: 0n });
    });

    it('F9 settles an answer that was lost: the same ids again, one event', async () => {
      const { store } = ledger();
      let lost = 0;
      const losing = new FaultyEventStore(store, { onAppend: () => (lost++ === 0 ? 'outcome-unknown' : undefined) });
      const stream = newStream();
      const events = newEvents(2);
      await expect(losing.append(stream, 'no-stream', events)).rejects.toThrow(OutcomeUnknown);
      expect(await losing.append(stream, 'no-stream', events)).toMatchObject({ outcome: 'appended', revision: 1n });
      expect(await store.streamRevision(stream)).toBe(1n);
    });

    it('answers all of many that send the same at once alike', async () => {
      const { store, another } = ledger();
      const other = await another();
      const stream = newStream();
      const events = newEvents(3);
      const answers = await Promise.all(Array.from({ length: 24 }, (_, index) => (index % 3 ? store : other).append(stream, 'no-stream', events)));
      expect(new Set(answers.map((answer) => JSON.stringify(answer, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)))).size).toBe(1);
      expect(await store.streamRevision(stream)).toBe(2n);
      await other.close();
    });

    it('agrees with a naive model on any appends to one stream, sent at once', async () => {
      const { store } = ledger();
      const pool = newEvents(6);
      const anAppend = fc.record({
        expected: fc.integer({ min: -1, max: 6 }),
        ids: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
        data: fc.constantFrom('1', '1', '1', '2'),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(anAppend, { maxLength: 12 }), async (appends) => {
          const stream = newStream();
          const model: NewEvent[] = [];
          const sent = appends.map(({ expected, ids, data }) => {
            const events = ids.map((id) => ({ ...pool[id]!, data }));
            const answer = store.append(stream, expected < 0 ? 'no-stream' : BigInt(expected), events);
            return { answer: answer.then(shortAnswer, (error: Error) => error.name), modelled: appendToModel(model, expected, events) };
          });
          expect(await Promise.all(sent.map(({ answer }) => answer))).toEqual(sent.map(({ modelled }) => modelled));
          expect((await collect(store.readStream(stream))).map(({ id, data }) => [id, data])).toEqual(model.map(({ id, data }) => [id, data]));
        }),
        { numRuns: 60 },
      );
    });
  });
}

const shortAnswer = (result: AppendResult): string => (result.outcome === 'appended' ? `appended ${result.revision}` : `wrong ${result.actual}`);

function appendToModel(model: NewEvent[], expected: number, events: readonly NewEvent[]): string {
  const end = model.length - 1;
  const actual: ExpectedRevision = end < 0 ? 'no-stream' : BigInt(end);
  if (expected === end) {
    model.push(...events);
    return `appended ${model.length - 1}`;
  }
  const stored = events.map((_, index) => model[expected + 1 + index]);
  if (events.length === 0 || !events.every(({ id }, index) => stored[index]?.id === id)) return `wrong ${actual}`;
  return events.every(({ data }, index) => stored[index]?.data === data) ? `appended ${expected + events.length}` : 'AppendRefused';
}
