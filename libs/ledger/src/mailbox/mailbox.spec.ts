import { EventStoreUnavailable, FaultyEventStore, MemoryEventStore, OutcomeUnknown, type AppendFault } from '#event-store';
import type { CommandIdentity } from '../idempotency/command-identity';
import { PreconditionFailed, ScopeContended } from '../idempotency/command';
import { Mailbox } from './mailbox';
import type { Snapshots } from './snapshots';
import { FlowTableFold } from './stream-fold';

const stream = 'flowTable-fa-1@198.51.100.1';
const identity = (n: number): CommandIdentity => ({
  commandId: `00000000-0000-4000-8000-00000000000${n}`, idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'commanded',
  correlationId: 'c', causationId: 'c',
});
const admit = (n: number) => ({
  identity: identity(n),
  command: {
    type: 'AdmitVisitor', mobileNode: `mn-${n}`, homeAddress: '10.0.0.1', homeAgent: '203.0.113.1', expiresAt: null, registrationRevision: 0n,
  } as const,
});

type Fault = AppendFault | undefined;

/** A mailbox on a store whose appends meet these faults, one each, then none. */
function mailboxMeeting(...faults: Fault[]) {
  const ledger = new MemoryEventStore();
  const store = new FaultyEventStore(ledger, { onAppend: () => faults.shift() });
  const mailbox = new Mailbox(stream, store, () => new FlowTableFold('fa-1', '198.51.100.1'), Date.now);
  const types = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { type } of ledger.readStream(stream)) found.push(type);
    return found;
  };
  return { mailbox, types };
}

describe('Mailbox', () => {
  it.each([
    ['a hole', { revision: 2n }, 'has a hole: revision 1 is missing before position 2'],
    ['a type that nobody knows', { type: 'VisitorAbducted' }, 'revision 1 at position 2, cannot be read: The event type "VisitorAbducted" is unknown'],
    ['metadata without a command', { metadata: { commandId: undefined } }, 'revision 1 at position 2, cannot be read: The metadata name no command.'],
    ['metadata without the digest of its command', { metadata: { bodyDigest: null } }, 'revision 1 at position 2, cannot be read: The metadata name no command.'],
    ['a newer schema version', { metadata: { schemaVersion: '99' } }, 'revision 1 at position 2, cannot be read: VisitorAdmitted has schema version 99'],
  ])('a fold stops at %s, names the place and decides nothing', async (_, { metadata, ...fault }: { metadata?: object; revision?: bigint; type?: string }, sentence) => {
    const ledger = new MemoryEventStore();
    await Promise.all([1, 2].map((n) => new Mailbox(stream, ledger, () => new FlowTableFold('fa-1', '198.51.100.1'), Date.now).send(admit(n))));
    const spoilt = Object.assign(Object.create(ledger) as MemoryEventStore, {
      async *readStream() {
        for await (const event of ledger.readStream(stream)) {
          if (event.revision === 0n) yield event;
          else yield { ...event, ...fault, metadata: JSON.stringify({ ...(JSON.parse(event.metadata) as object), ...metadata }) };
        }
      },
    });
    const mailbox = new Mailbox(stream, spoilt, () => new FlowTableFold('fa-1', '198.51.100.1'), Date.now);
    await expect(mailbox.send(admit(3))).rejects.toThrow(sentence);
    expect(await ledger.head()).toBe(2n);
  });

  describe('F15 given events that follow from nothing before them', () => {
    const released = { sessionId: 's1', mobileNode: 'mn-1', cause: 'administrator', effective: { destination: '198.51.100.1', protocol: 17 }, temporary: null, quarantinedUntil: null };
    const append = async (ledger: MemoryEventStore, type: string, data: object): Promise<unknown> => {
      const metadata = JSON.stringify({ commandId: 'c', bodyDigest: 'd', batchEnd: '1', schemaVersion: '1', origin: 'commanded' });
      return ledger.append(stream, 0n, [{ id: '00000000-0000-5000-8000-000000000009', type, data: JSON.stringify({ ...data, occurredAt: new Date().toISOString() }), metadata }]);
    };
    const opened = async () => {
      const ledger = new MemoryEventStore();
      const servers = [0, 1].map(() => new Mailbox(stream, ledger, () => new FlowTableFold('fa-1', '198.51.100.1'), Date.now));
      await servers[0]!.send(admit(1));
      return { ledger, servers };
    };

    it.each([
      ['a release of a session that is not there', 'QosSessionReleased', released, 'does not follow from the events before it: The scope has no session s1.'],
      ['a completed handoff', 'HandoffCompleted', { handoffId: 'h', mobileNode: 'mn-1' }, 'cannot be read: HandoffCompleted is no event of a stream of the category "flowTable".'],
    ])('whoever folded the stream before or not, %s stops every decision', async (_, type, data, sentence) => {
      const { ledger, servers } = await opened();
      await append(ledger, type, data);
      for (const server of [...servers, ...servers]) {
        await expect(server.send(admit(2))).rejects.toThrow(sentence);
        expect(server.unreadable?.place).toEqual({ stream, revision: 1n, position: 2n });
      }
      expect(await ledger.head()).toBe(2n);
    });
  });

  it('goes on where its state could not be told to who holds it: the stream is folded anew', async () => {
    const [ledger, folds] = [new MemoryEventStore(), [] as FlowTableFold[]];
    const newFold = (): FlowTableFold => (folds.push(new FlowTableFold('fa-1', '198.51.100.1')), folds.at(-1)!);
    const mailbox = new Mailbox(stream, ledger, newFold, Date.now, () => {
      if (folds.length < 3) throw new Error('no size');
    });
    for (const n of [1, 2]) {
      await expect(mailbox.send(admit(n))).resolves.toMatchObject({ revision: BigInt(n - 1) });
      await mailbox.settled();
    }
    expect([folds.length, mailbox.fold.state.visitors.size]).toEqual([3, 2]);
  });

  it('a fold stops where the end of an append is missing, and decides nothing, however often it is asked', async () => {
    const ledger = new MemoryEventStore();
    const newMailbox = (store: MemoryEventStore) => new Mailbox(stream, store, () => new FlowTableFold('fa-1', '198.51.100.1'), Date.now);
    const torn = Object.assign(Object.create(ledger) as MemoryEventStore, {
      async *readStream(_: string, { from = 0n }: { from?: bigint } = {}) {
        for await (const event of ledger.readStream(stream, { from })) if (event.revision < 2n) yield event;
      },
    });
    const [warm, cold] = [newMailbox(torn), newMailbox(torn)];
    await warm.load();
    const writer = newMailbox(ledger);
    await Promise.all([1, 2, 3].map((n) => writer.send(admit(n))));
    const sentence = 'is torn: revision 2 at position 3 is missing';
    for (let time = 0; time < 2; time++) {
      await expect(warm.refresh()).rejects.toThrow(sentence);
      await expect(cold.send(admit(4))).rejects.toThrow(sentence);
    }
    expect(await ledger.head()).toBe(3n);
  });

  /** A log whose streams end where somebody cut them, and how often they were read from their begin. */
  function cutLog() {
    const ledger = new MemoryEventStore();
    const cut = { behind: 99n, reads: 0 };
    const store = Object.assign(Object.create(ledger) as MemoryEventStore, {
      async *readStream(_: string, { from = 0n }: { from?: bigint } = {}) {
        if (from === 0n) cut.reads += 1;
        for await (const event of ledger.readStream(stream, { from })) if (event.revision <= cut.behind) yield event;
      },
      async streamRevision() {
        const last = await ledger.streamRevision(stream);
        return last === 'no-stream' || last <= cut.behind ? last : cut.behind < 0n ? 'no-stream' : cut.behind;
      },
      async append(...append: Parameters<MemoryEventStore['append']>) {
        const actual = await this.streamRevision();
        return actual === append[1] ? ledger.append(...append) : { outcome: 'wrong-expected-revision', actual };
      },
    });
    let now = Date.parse('2026-01-01T00:00:00Z');
    const newMailbox = (knownEnd: { revision: bigint; position: bigint } | null = null) => {
      const snapshots = { load: async () => ({ snapshot: null, end: knownEnd }) } as unknown as Snapshots;
      return new Mailbox(stream, store, () => new FlowTableFold('fa-1', '198.51.100.1'), () => now, undefined, snapshots);
    };
    return { ledger, cut, newMailbox, pass: (ms: number) => (now += ms) };
  }

  it.each([1n, 0n, -1n])('F39 given whole appends taken from the end of its stream, up to revision %s, gives their revisions to none, warm or cold', async (behind) => {
    const { ledger, cut, newMailbox } = cutLog();
    const warm = newMailbox();
    for (const n of [1, 2, 3]) await warm.send(admit(n));
    cut.behind = behind;
    const cold = newMailbox({ revision: 2n, position: 3n });
    const place = { stream, revision: 2n, position: 3n };
    for (let time = 0; time < 2; time++) {
      await expect(warm.send(admit(4))).rejects.toMatchObject({ place, message: expect.stringContaining('is cut short: revision 2 at position 3, which was decided on before') as string });
      await expect(cold.send(admit(4))).rejects.toMatchObject({ place, message: expect.stringContaining('is cut short: revision 2 at position 3, which was read before') as string });
    }
    // What appends nothing is confirmed, and is no answer either.
    await expect(warm.send({ identity: identity(5), command: { type: 'Tick' } })).rejects.toMatchObject({ place });
    expect(warm.unreadable).not.toBeNull();
    expect(await ledger.head()).toBe(3n);
    cut.behind = 99n;
    expect(await warm.send(admit(4))).toMatchObject({ revision: 3n, position: 4n });
    expect(warm.unreadable).toBeNull();
    expect(await cold.send(admit(5))).toMatchObject({ revision: 4n });
  });

  it('F39 given a stream longer than the tables know, or as long, folds it', async () => {
    const { newMailbox } = cutLog();
    for (const n of [1, 2]) await newMailbox(n === 1 ? null : { revision: 0n, position: 1n }).send(admit(n));
    expect(await newMailbox({ revision: 1n, position: 2n }).send(admit(3))).toMatchObject({ revision: 2n });
  });

  it('a stream that is not read to its end is not folded again for every command, until its end changes or some seconds have passed', async () => {
    const { cut, newMailbox, pass } = cutLog();
    for (const n of [1, 2, 3]) await newMailbox().send(admit(n));
    cut.behind = 1n;
    cut.reads = 0;
    const cold = newMailbox({ revision: 2n, position: 3n });
    const refused = async (): Promise<number> => {
      await expect(cold.send(admit(4))).rejects.toThrow('is cut short');
      return cut.reads;
    };
    expect([await refused(), await refused(), await refused()]).toEqual([1, 1, 1]);
    cut.behind = 0n;
    expect([await refused(), await refused()]).toEqual([2, 2]);
    pass(5_001);
    expect([await refused(), await refused()]).toEqual([3, 3]);
    cut.behind = 99n;
    expect(await cold.send(admit(4))).toMatchObject({ revision: 3n });
  });

  it('decides all that wait on one state and appends them at once', async () => {
    const { mailbox, types } = mailboxMeeting();
    const settled = await Promise.all([1, 2, 3].map((n) => mailbox.send(admit(n))));
    expect(settled.map(({ revision, position }) => [revision, position])).toEqual([[0n, 3n], [1n, 3n], [2n, 3n]]);
    expect(await types()).toEqual(['VisitorAdmitted', 'VisitorAdmitted', 'VisitorAdmitted']);
  });

  it('takes many of one caller in their order and answers them together, each with what it came to itself', async () => {
    const { mailbox } = mailboxMeeting();
    const refused = { ...admit(2), precondition: () => { throw new PreconditionFailed(null); } };
    const settled = await mailbox.sendAll([admit(1), refused, admit(3)]);
    expect(settled.map((each) => (each instanceof Error ? each.name : each.revision))).toEqual([0n, 'PreconditionFailed', 1n]);
  });

  it('answers each of many with what fails for all of their turn, and goes on behind it', async () => {
    const { mailbox } = mailboxMeeting('unavailable');
    const settled = await mailbox.sendAll([admit(1), admit(2)]);
    expect(settled.map((each) => each instanceof EventStoreUnavailable)).toEqual([true, true]);
    expect(await mailbox.sendAll([admit(1)])).toMatchObject([{ revision: 0n }]);
  });

  it('F9 settles an unknown outcome by the same ids: one event', async () => {
    const { mailbox, types } = mailboxMeeting('outcome-unknown', 'unavailable', undefined);
    await mailbox.send(admit(1));
    expect(await types()).toEqual(['VisitorAdmitted']);
    expect(mailbox.fold.revision).toBe(0n);
  });

  it('F9 given an append that was lost before it was written, settles it by the same ids: one event', async () => {
    const { mailbox, types } = mailboxMeeting('timeout-before', 'timeout-before', 'outcome-unknown', undefined);
    await expect(mailbox.send(admit(1))).resolves.toMatchObject({ revision: 0n, position: 1n });
    expect(await types()).toEqual(['VisitorAdmitted']);
  });

  it('reads what the others wrote before it decides, once it has lost a race', async () => {
    const ledger = new MemoryEventStore();
    let appends = 0;
    const faults: Fault[] = ['conflict'];
    const store = new FaultyEventStore(ledger, { onAppend: () => ((appends += 1), faults.shift()) });
    const mailbox = new Mailbox(stream, store, () => new FlowTableFold('fa-1', '198.51.100.1'), Date.now);
    const other = new Mailbox(stream, ledger, () => new FlowTableFold('fa-1', '198.51.100.1'), Date.now);
    await mailbox.send(admit(1));
    expect(appends).toBe(2);
    await other.send(admit(2));
    expect((await mailbox.send(admit(3))).revision).toBe(2n);
    expect(appends).toBe(3);
  });

  it('decides a lost race again on the fresh tail', async () => {
    const { mailbox, types } = mailboxMeeting('conflict', 'conflict', undefined);
    await mailbox.send(admit(1));
    expect(await types()).toEqual(['VisitorAdmitted']);
  });

  it('F11 takes what another server wrote of the same command at another time as a lost race, and not as a bug', async () => {
    const ledger = new MemoryEventStore();
    let clock = Date.parse('2026-01-01T00:00:00Z');
    const servers = [0, 1].map(() => new Mailbox(stream, ledger, () => new FlowTableFold('fa-1', '198.51.100.1'), () => clock++));
    for (const server of servers) await server.load();
    for (const server of servers) await server.send(admit(1));
    expect(await ledger.streamRevision(stream)).toBe(0n);
    expect(servers.map(({ fold }) => fold.revision)).toEqual([0n, 0n]);
  });

  it('tells its callers of a race that is lost for two seconds', async () => {
    const { mailbox, types } = mailboxMeeting(...new Array<Fault>(10_000).fill('conflict'));
    await expect(mailbox.send(admit(1))).rejects.toThrow(ScopeContended);
    expect(await types()).toEqual([]);
  });

  /** A mailbox whose store takes so long for an append, and lets it lose so often before it takes one. */
  function slowMailbox(appendMs: number, losses: number) {
    let [now, appends] = [Date.parse('2026-01-01T00:00:00Z'), 0];
    const store = new FaultyEventStore(new MemoryEventStore(), {
      onAppend: () => {
        now += appendMs;
        return (appends += 1) <= losses ? 'conflict' : undefined;
      },
    });
    return { mailbox: new Mailbox(stream, store, () => new FlowTableFold('fa-1', '198.51.100.1'), () => now), appends: () => appends, pass: (ms: number) => (now += ms) };
  }

  it('F10 given time spent in the queue, a race that is lost behind it is decided again', async () => {
    const { mailbox, appends, pass } = slowMailbox(0, 1);
    const sent = mailbox.send(admit(1));
    pass(3_000);
    await expect(sent).resolves.toMatchObject({ revision: 0n });
    expect(appends()).toBe(2);
  });

  it('F10 given slow decisions, there are four attempts, however long they take together', async () => {
    const { mailbox, appends } = slowMailbox(1_200, 3);
    await expect(mailbox.send(admit(1))).resolves.toMatchObject({ revision: 0n });
    expect(appends()).toBe(4);
  });

  it('F10 given very slow decisions, the scope is contended four seconds behind the first that was lost', async () => {
    const { mailbox, appends } = slowMailbox(3_000, 9);
    const settled = await mailbox.sendAll([admit(1), admit(2)]);
    expect(settled).toEqual([expect.any(ScopeContended), expect.any(ScopeContended)]);
    expect(appends()).toBe(3);
    expect(mailbox.fold.revision).toBe(-1n);
  });

  it('takes back what a store refused that is away, and goes on when it is back', async () => {
    const { mailbox, types } = mailboxMeeting('unavailable', undefined);
    await expect(mailbox.send(admit(1))).rejects.toThrow(EventStoreUnavailable);
    expect(mailbox.fold.state.visitors.size).toBe(0);
    await mailbox.send(admit(1));
    expect(await types()).toEqual(['VisitorAdmitted']);
  });

  it('after a doubt that stays folds the stream anew: what was written after all is there', async () => {
    let clock = 0;
    const ledger = new MemoryEventStore();
    const store = new FaultyEventStore(ledger, {
      onAppend: () => {
        clock += 11_000;
        return 'outcome-unknown';
      },
    });
    const mailbox = new Mailbox(stream, store, () => new FlowTableFold('fa-1', '198.51.100.1'), () => clock);
    await expect(mailbox.send(admit(1))).rejects.toThrow(OutcomeUnknown);
    await mailbox.load();
    expect(mailbox.fold.state.visitors.has('mn-1')).toBe(true);
  });
});
