import { collect, newEvent, newEvents, newStream, positions, revisions, type ContractLedger } from './contract-ledger.testing';
import { AppendRefused, EventStoreUnavailable, maximumAppendBytes } from './event-store';

export function describeAppends(ledger: () => ContractLedger): void {
  describe('append', () => {
    it('answers revision and position of the last event', async () => {
      const { store } = ledger();
      const stream = newStream();
      const head = await store.head();
      expect(await store.append(stream, 'no-stream', newEvents(3))).toEqual({ outcome: 'appended', revision: 2n, position: head + 3n });
      expect(await store.append(stream, 2n, newEvents(1))).toEqual({ outcome: 'appended', revision: 3n, position: head + 4n });
      expect(await store.head()).toBe(head + 4n);
      expect(await store.streamRevision(stream)).toBe(3n);
    });

    it.each([
      ['no-stream', 1, 'no-stream', 0n],
      [0n, 0, 'no-stream', 'no-stream'],
      [0n, 2, 0n, 1n],
      [5n, 2, 5n, 1n],
      ['no-stream', 2, 'no-stream', 1n],
    ] as const)('expected %s on a stream of %s: refused, nothing written', async (expected, length, _, actual) => {
      const { store } = ledger();
      const stream = newStream();
      if (length > 0) await store.append(stream, 'no-stream', newEvents(length));
      const head = await store.head();
      expect(await store.append(stream, expected, newEvents(2))).toEqual({ outcome: 'wrong-expected-revision', actual });
      expect(await store.head()).toBe(head);
    });

    it('checks an empty append, which writes nothing', async () => {
      const { store } = ledger();
      const stream = newStream();
      expect(await store.append(stream, 'no-stream', [])).toEqual({ outcome: 'appended', revision: -1n, position: 0n });
      expect(await store.append(stream, 0n, [])).toEqual({ outcome: 'wrong-expected-revision', actual: 'no-stream' });
      const first = await store.append(stream, 'no-stream', newEvents(2));
      expect(await store.append(stream, 1n, [])).toEqual(first);
      expect(await store.append(stream, 0n, [])).toEqual({ outcome: 'wrong-expected-revision', actual: 1n });
      expect(await store.append(stream, 'no-stream', [])).toEqual({ outcome: 'wrong-expected-revision', actual: 1n });
    });

    it('takes 1,000 events at once', async () => {
      const { store } = ledger();
      const stream = newStream();
      const events = newEvents(1_000).map((event, index) => ({ ...event, data: `{"index":${index}}` }));
      expect(await store.append(stream, 'no-stream', events)).toMatchObject({ outcome: 'appended', revision: 999n });
      const read = await collect(store.readStream(stream));
      expect(read.map(({ id, type, data, metadata }) => ({ id, type, data, metadata }))).toEqual(events);
    });

    it('takes the largest append, and refuses one byte more', async () => {
      const { store } = ledger();
      const stream = newStream();
      const half = maximumAppendBytes / 2;
      const largest = newEvents(2).map((event) => ({ ...event, data: `"${'x'.repeat(half - 4)}"`, metadata: '{}' }));
      expect(await store.append(stream, 'no-stream', largest)).toMatchObject({ outcome: 'appended', revision: 1n });
      expect((await collect(store.readStream(stream))).map(({ data }) => data.length)).toEqual([half - 2, half - 2]);
      const tooLarge = [...largest.slice(0, 1), { ...largest[1]!, metadata: '{ }' }].map((event) => ({ ...newEvent(), data: event.data, metadata: event.metadata }));
      await expect(store.append(stream, 1n, tooLarge)).rejects.toThrow(AppendRefused);
      // Two bytes a character: the limit is one of bytes.
      await expect(store.append(stream, 1n, [newEvent({ data: `"${'é'.repeat(half)}"` })])).rejects.toThrow(AppendRefused);
      expect(await store.streamRevision(stream)).toBe(1n);
    });

    it('keeps names and texts as they are', async () => {
      const { store } = ledger();
      const stream = `${newStream()}:fa-1@198.51.100.1 % %41 / ? # [x] "q" \\ 'a' é 日本 👩‍🚀 {a,b}`;
      const data = '{ "b": 1.0, "a": "\\u0000 \\ud800 é 日本 👩‍🚀 \\\\ \\"", "n": 12345678901234567890, "b": null }\n\t';
      const event = newEvent({ type: 'Größe gemessen @1', data, metadata: '{"$correlationId":"a,b"}' });
      await store.append(stream, 'no-stream', [event]);
      const [read] = await collect(store.readStream(stream));
      expect(read).toMatchObject({ ...event, stream, revision: 0n });
    });

    it.each([
      ['an id in upper case', { id: '0D8C4D7E-7C1B-5F0A-9E63-0F2B8E0D3C11' }],
      ['an id that is no UUID', { id: 'event-1' }],
      ['NUL in data (F22)', { data: '"\0"' }],
      ['a lone surrogate in data (F22)', { data: '"\ud800"' }],
      ['a lone surrogate in metadata', { metadata: '"\udfff"' }],
      ['NUL in the type', { type: 'a\0' }],
      ['an empty type', { type: '' }],
      ['a type of the system', { type: '$metadata' }],
      ['empty data', { data: '' }],
    ])('refuses %s', async (_, fault) => {
      const { store } = ledger();
      const stream = newStream();
      await expect(store.append(stream, 'no-stream', [newEvent(), newEvent(fault)])).rejects.toThrow(AppendRefused);
      expect(await store.streamRevision(stream)).toBe('no-stream');
    });

    it.each([['empty', ''], ['of the system', '$all'], ['with NUL', 'a-\0'], ['of 1,025 bytes', 'é'.repeat(512) + 'x'], ['with a lone surrogate', 'a-\ud800']])('refuses a name %s', async (_, stream) => {
      await expect(ledger().store.append(stream, 'no-stream', [newEvent()])).rejects.toThrow(AppendRefused);
    });

    it.each([-1n, 10n ** 30n])('refuses %s as a revision', async (expected) => {
      await expect(ledger().store.append(newStream(), expected, [newEvent()])).rejects.toThrow(AppendRefused);
    });

    it('refuses an id that occurs twice in one append', async () => {
      const event = newEvent();
      await expect(ledger().store.append(newStream(), 'no-stream', [event, event])).rejects.toThrow(AppendRefused);
    });

    it('lets one of many win where two instances append at the same revision', async () => {
      const { store, another } = ledger();
      const other = await another();
      const stream = newStream();
      const results = await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? store : other).append(stream, 'no-stream', newEvents(2))));
      expect(results.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1);
      expect(results.filter(({ outcome }) => outcome === 'wrong-expected-revision')).toHaveLength(39);
      expect(revisions(await collect(store.readStream(stream)))).toEqual([0, 1]);
      await other.close();
    });

    it('takes appends to one stream that are sent without waiting for the answer before', async () => {
      const { store } = ledger();
      const stream = newStream();
      const sent = Array.from({ length: 20 }, (_, index) => store.append(stream, index === 0 ? 'no-stream' : BigInt(3 * index - 1), newEvents(3)));
      const results = await Promise.all(sent);
      expect(results.map((result) => result.outcome === 'appended' && result.revision)).toEqual(results.map((_, index) => BigInt(3 * index + 2)));
    });

    it('gives dense positions and times that never fall, to 32 writers on two instances', async () => {
      const { store, another } = ledger();
      const other = await another();
      const head = await store.head();
      await Promise.all(
        Array.from({ length: 32 }, async (_, writer) => {
          const stream = newStream();
          for (let revision = 0n; revision < 10n; revision += 1n) {
            await (writer % 2 ? store : other).append(stream, revision === 0n ? 'no-stream' : revision - 1n, newEvents(1));
          }
        }),
      );
      const events = await collect(store.readAll({ after: head }));
      expect(positions(events)).toEqual(Array.from({ length: 320 }, (_, index) => head + BigInt(index + 1)));
      const times = events.map(({ recordedAt }) => recordedAt);
      expect(times).toEqual([...times].sort());
      expect(times.every((time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time))).toBe(true);
      await other.close();
    });

    it('settles what is under way when it closes, and refuses what comes after', async () => {
      const { store, another } = ledger();
      const closing = await another();
      const streams = Array.from({ length: 50 }, () => newStream());
      const sent = streams.map((stream) => closing.append(stream, 'no-stream', newEvents(1)));
      const closed = closing.close();
      await expect(closing.append(newStream(), 'no-stream', newEvents(1))).rejects.toThrow(EventStoreUnavailable);
      const answers = await Promise.allSettled(sent);
      await closed;
      await expect(closing.head()).rejects.toThrow(EventStoreUnavailable);
      for (const [index, answer] of answers.entries()) {
        const written = (await store.streamRevision(streams[index]!)) === 0n;
        expect(written).toBe(answer.status === 'fulfilled');
      }
    });
  });
}
