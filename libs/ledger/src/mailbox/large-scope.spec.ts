import { defaultPolicy, defaultPools, type FlowTableCommand, type Gap } from '#domain';
import { FaultyEventStore, maximumAppendBytes, MemoryEventStore } from '#event-store';
import { PreconditionFailed } from '../idempotency/command';
import { processIdentity } from '../idempotency/command-identity';
import { Mailbox } from './mailbox';
import { FlowTableFold } from './stream-fold';

const scope = ['fa-1', '198.51.100.1'] as const;
const stream = `flowTable-${scope.join('@')}`;
const start = Date.UTC(2026, 10, 25);
const hour = 3_600_000;

/** A scope whose sessions together are more than one append takes. */
class LargeScope {
  now = start;
  /** Appends of the next command that stand before all others lose their race; null: none is lost. */
  losesAfter: number | null = null;
  private largest = 0;
  private appends = 0;
  private readonly ledger = new MemoryEventStore();
  private readonly store = new FaultyEventStore(this.ledger, {
    onAppend: (_, __, events) => {
      if (this.losesAfter !== null && this.losesAfter-- <= 0) {
        this.now += 1_000;
        return 'conflict';
      }
      this.appends += 1;
      this.largest = Math.max(this.largest, events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0));
      return undefined;
    },
  });
  readonly mailbox: Mailbox<FlowTableCommand, unknown, FlowTableFold>;

  constructor(readonly gaps: Gap[] = []) {
    this.mailbox = new Mailbox(stream, this.store, () => new FlowTableFold(...scope, gaps), () => this.now);
  }

  /** Another server, which has read nothing yet. */
  another(): LargeScope['mailbox'] {
    return new Mailbox(stream, this.store, () => new FlowTableFold(...scope, this.gaps), () => this.now);
  }

  tell(command: FlowTableCommand): Promise<unknown> {
    return this.send(command).then(({ answer }) => answer);
  }

  send(command: FlowTableCommand): ReturnType<LargeScope['mailbox']['send']> {
    return this.mailbox.send({ identity: processIdentity('test'), command });
  }

  async fill(nodes: number, each: number, refreshPeriodMs = 30_000): Promise<void> {
    const pools = { ...defaultPools, sourcePort: { first: 1_024, last: 65_535 } };
    await this.tell({ type: 'ProvisionScope', revision: 0n, pools, policy: { ...defaultPolicy, quarantineSeconds: 0 } });
    for (let node = 0; node < nodes; node++) {
      await this.tell({ ...admit(node), expiresAt: new Date(start + hour).toISOString() });
      await Promise.all(Array.from({ length: each }, (_, index) => this.tell(configure(node, index, refreshPeriodMs))));
    }
  }

  /** What the command came to, in how many appends. */
  async appendsOf(work: () => Promise<unknown>): Promise<{ readonly appends: number; readonly types: ReadonlyMap<string, number> }> {
    const [before, head] = [this.appends, await this.ledger.head()];
    await work();
    const types = new Map<string, number>();
    for await (const { type } of this.ledger.readAll({ after: head })) types.set(type, (types.get(type) ?? 0) + 1);
    expect(this.largest).toBeLessThan(maximumAppendBytes);
    return { appends: this.appends - before, types };
  }

  /** How many end before that time. */
  leasesBefore(time: number): number {
    return [...this.state.sessions.values()].filter(({ leaseUntil }) => leaseUntil! < time).length;
  }

  async lastEvent(): Promise<object> {
    for await (const { type, data } of this.ledger.readStream(stream, { direction: 'backwards', limit: 1 })) return { type, ...(JSON.parse(data) as object) };
    throw new Error('there is none');
  }

  get state(): FlowTableFold['state'] {
    return this.mailbox.fold.state;
  }
}

const nameOf = (node: number): string => `mn-${node}@example.org`;
const admit = (node: number) => ({ type: 'AdmitVisitor', mobileNode: nameOf(node), homeAddress: '10.0.0.1', homeAgent: '203.0.113.1', registrationRevision: 1n }) as const;
const configure = (node: number, index: number, refreshPeriodMs = 30_000): FlowTableCommand => ({
  type: 'ConfigureSession', sessionId: `00000000-0000-4000-8000-${(node * 100_000 + index).toString(16).padStart(12, '0')}`, mobileNode: nameOf(node), style: 'FF', service: null, tspec: null,
  refreshPeriodMs, replaces: null, flow: { correspondentNode: `192.0.${node}.9`, protocol: 17, destinationPort: 5004, sourcePort: 2_000 + index },
});

describe('a scope of which one append could not take what happens', () => {
  it('configures as many as wait, in as many appends as they need', async () => {
    const large = new LargeScope();
    const { appends } = await large.appendsOf(() => large.fill(2, 1_000));
    expect(appends).toBeLessThan(20);
    expect(large.state.sessions.size).toBe(2_000);
  });

  it.each([
    ['a reboot', { type: 'RebootScope', revision: 2n }, 'ForeignAgentRebooted'],
    ['its withdrawal', { type: 'WithdrawScope', revision: 2n, force: true }, 'ScopeWithdrawn'],
  ] as const)('is emptied by %s, told once', async (_, command, told) => {
    const large = new LargeScope();
    await large.fill(2, 1_500);
    const { appends, types } = await large.appendsOf(async () => {
      const { events } = await large.send(command);
      expect(events.filter(({ type }) => type === 'QosSessionReleased')).toHaveLength(3_000);
      await large.tell({ type: 'Tick' });
    });
    expect(Object.fromEntries(types)).toEqual({ [told]: 1, VisitorLeft: 2, QosSessionReleased: 3_000, QuarantineEnded: 3_000 });
    expect(appends).toBeGreaterThan(3);
    expect([large.state.sessions.size, large.state.visitors.size]).toEqual([0, 0]);
    expect((await large.appendsOf(() => large.tell(command))).appends).toBe(0);
  });

  it('F10 given a race that is lost behind a part, the caller is told that the part stands, and the same command goes on from there', async () => {
    const large = new LargeScope();
    await large.fill(2, 1_500);
    const mail = { identity: { ...processIdentity('test'), idempotencyKey: 'key' }, command: { type: 'RebootScope', revision: 2n }, storedAnswer: (answer: unknown) => answer } as const;
    large.losesAfter = 2;
    await expect(large.mailbox.send(mail)).rejects.toMatchObject({ name: 'ScopeContended', written: 'a-part', message: expect.stringMatching(/a part of it stands, and the same Idempotency-Key goes on/) });
    const left = large.state.sessions.size;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(3_000);
    large.losesAfter = null;
    const { answer, events } = await large.mailbox.send(mail);
    expect(answer).toEqual({ outcome: 'done' });
    expect(events.filter(({ type }) => type === 'QosSessionReleased')).toHaveLength(left);
    expect([large.state.sessions.size, large.state.visitors.size, large.state.rebooted]).toEqual([0, 0, 2n]);
  });

  it.each(['the same server', 'another server'])('F12 given a part of a command with If-Match, its repeat to %s is not refused for what it appended itself', async (which) => {
    const large = new LargeScope();
    await large.fill(2, 1_500);
    const { commandId, ...others } = processIdentity('test');
    const { revision } = large.state;
    let judged = 0;
    const precondition = (fold: FlowTableFold): void => {
      judged += 1;
      if (fold.revision !== revision) throw new PreconditionFailed(String(fold.revision));
    };
    const identity = { ...others, commandId, causationId: commandId, idempotencyKey: 'key', origin: 'commanded' } as const;
    const mail = { identity, command: { type: 'RebootScope', revision: 2n }, precondition, storedAnswer: (answer: unknown) => answer } as const;
    large.losesAfter = 2;
    await expect(large.mailbox.send(mail)).rejects.toMatchObject({ written: 'a-part' });
    large.losesAfter = null;
    const server = which === 'the same server' ? large.mailbox : large.another();
    expect((await server.send(mail)).answer).toEqual({ outcome: 'done' });
    expect([judged, server.fold.state.sessions.size]).toEqual([1, 0]);
    const another = { ...mail, identity: { ...identity, commandId: processIdentity('test').commandId, idempotencyKey: 'other' } };
    await expect(server.send(another)).rejects.toThrow(PreconditionFailed);
  });

  it('F10 given a race that is lost before anything stands, the caller is told that nothing was changed; of a step, that what it follows from may stand', async () => {
    const large = new LargeScope();
    await large.fill(1, 1);
    large.losesAfter = 0;
    const mail = { identity: processIdentity('test'), command: { type: 'RebootScope', revision: 2n } } as const;
    await expect(large.mailbox.send(mail)).rejects.toMatchObject({ written: 'nothing', message: expect.stringMatching(/Nothing was changed/) });
    const step = { ...mail, identity: { ...mail.identity, isStep: true as const } };
    await expect(large.mailbox.send(step)).rejects.toMatchObject({ written: 'perhaps-a-part', message: expect.stringMatching(/may stand/) });
  });

  it('a visitor that expires takes all its sessions with it, and the command that found it due is answered', async () => {
    const large = new LargeScope();
    await large.fill(1, 2_500, 0);
    large.now += 2 * hour;
    const late = { outcome: 'refused', rejection: { rejection: 'no-binding' } };
    const { types } = await large.appendsOf(async () => expect(await large.tell(configure(0, 9_999))).toMatchObject(late));
    expect(Object.fromEntries(types)).toEqual({ VisitorLeft: 1, QosSessionReleased: 2_500, QuarantineEnded: 2_500 });
  });

  it('a visitor that registered elsewhere leaves all its sessions orphaned', async () => {
    const large = new LargeScope();
    await large.fill(1, 2_500, 0);
    const orphanedUntil = new Date(start + hour).toISOString();
    const command = { type: 'DismissVisitor', mobileNode: nameOf(0), cause: 'superseded', registrationRevision: 2n, orphanedUntil } as const;
    const { types } = await large.appendsOf(() => large.tell(command));
    expect(Object.fromEntries(types)).toEqual({ VisitorLeft: 1, QosSessionModified: 2_500 });
    expect([...large.state.sessions.values()].every(({ state }) => state === 'orphaned')).toBe(true);
  });

  it('soft state that lapses all at once ends each session once', async () => {
    const large = new LargeScope();
    await large.fill(2, 1_500);
    large.now += hour / 2;
    const { types } = await large.appendsOf(() => large.tell({ type: 'Tick' }));
    expect(Object.fromEntries(types)).toEqual({ QosSessionReleased: 3_000, QuarantineEnded: 3_000 });
  });

  it('after a time without a server every lease gets its one more L', async () => {
    const gap = { from: start + 60_000, to: start + 600_000, cause: 'outage' } as const;
    const large = new LargeScope();
    await large.fill(5, 2_200);
    large.gaps.push(gap);
    large.now += 601_000;
    const { appends, types } = await large.appendsOf(() => large.tell({ type: 'Tick' }));
    expect([...types.keys()]).toEqual(['LeasesExtended']);
    expect(appends).toBeGreaterThan(1);
    expect(large.leasesBefore(gap.to + 157_500)).toBe(0);
  });

  it('refreshes of all its sessions are written, and none is forgotten', async () => {
    const large = new LargeScope();
    await large.fill(5, 2_200);
    large.now += 100_000;
    const { types } = await large.appendsOf(async () => {
      for (let node = 0; node < 5; node++) await Promise.all(Array.from({ length: 2_200 }, (_, index) => large.tell(configure(node, index))));
      large.now += 31_000;
      await large.tell({ type: 'Tick' });
    });
    expect([...types.keys()]).toEqual(['LeasesExtended']);
    expect(large.leasesBefore(start + 100_000 + 157_500)).toBe(0);
  });

  it('a WF that overlaps hundreds names the first of them, and tells how many they are', async () => {
    const large = new LargeScope();
    await large.fill(1, 300);
    await large.tell({ ...admit(1), expiresAt: null });
    const wildcard = { ...configure(1, 0), style: 'WF', flow: { protocol: 17, destinationPort: 5004 } } as FlowTableCommand;
    const answer = (await large.tell(wildcard)) as { readonly outcome: string; readonly matched: readonly object[]; readonly temporary: object | null };
    expect([answer.outcome, answer.matched.length, answer.temporary]).toEqual(['configured', 100, { field: 'destinationPort', value: 49_152 }]);
    expect(await large.lastEvent()).toMatchObject({ type: 'QosSessionConfigured', matchedInAll: 300 });
  });
});
