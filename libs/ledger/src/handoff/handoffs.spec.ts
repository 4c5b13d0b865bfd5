import type { FlowTableState } from '#domain';
import type { Faults } from '#event-store';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const [a, b, c] = ['198.51.100.1', '198.51.100.2', '198.51.100.3'] as const;
const agentOf = { [a]: 'fa-a', [b]: 'fa-b', [c]: 'fa-c' } as const;
type Place = keyof typeof agentOf;
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };
const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.9' };

describe('handoffs on a real ledger (domain.md §6)', () => {
  let ledger: TestLedger;
  /** Lets what supersedes a handoff be decided, and not yet written. */
  let supersedes: Promise<unknown> = Promise.resolve();
  let isAbout: () => void = () => undefined;
  const onAppend: Faults['onAppend'] = async (_stream, _expected, events) => {
    if (!events.some(({ type }) => type === 'HandoffSuperseded')) return undefined;
    isAbout();
    await supersedes;
    return undefined;
  };
  beforeAll(async () => {
    ledger = await openTestLedger(Date.now, undefined, undefined, { onAppend });
    for (const place of [a, b, c] as const) accepted(await ledger.provision({ foreignAgent: agentOf[place], careOfAddresses: [place] }));
  });
  afterAll(() => ledger.close());

  const register = async (mobileNode: string, careOfAddress: Place, terms: object = {}) =>
    accepted(await ledger.register({ mobileNode, foreignAgent: agentOf[careOfAddress], careOfAddress, ...home, lifetimeSeconds: 600, ...terms }));
  const configure = async (mobileNode: string, careOfAddress: Place, sourcePort = 4000) =>
    accepted(await ledger.configure({ foreignAgent: agentOf[careOfAddress], careOfAddress, mobileNode, flow: { ...flow, sourcePort } }));
  const scope = (careOfAddress: Place): FlowTableState => ledger.mailboxes.flowTable(agentOf[careOfAddress], careOfAddress).fold.state;
  /** Session ids of a node in a scope, with their states. */
  const legs = (careOfAddress: Place, mobileNode: string): string[] =>
    [...scope(careOfAddress).sessions.values()].filter((session) => session.mobileNode === mobileNode).map(({ sessionId, state }) => `${sessionId} ${state}`);
  const since = async (position: bigint): Promise<string[]> => (await ledger.history()).slice(Number(position));

  it('moves every session with an accepted registration elsewhere, make-before-break', async () => {
    await register('mn-1', a);
    await register('mn-2', b);
    const other = await configure('mn-2', b);
    const moved = await configure('mn-1', a);
    const before = await ledger.store.head();
    const registered = await register('mn-1', b);
    expect(registered.handoffId).not.toBeNull();
    expect(legs(a, 'mn-1')).toEqual([]);
    expect(legs(b, 'mn-1')).toEqual([`${moved.sessionId} live`]);
    expect(scope(b).sessions.get(moved.sessionId)).toMatchObject({ temporary: { field: 'sourcePort', value: 49152 }, matched: [{ sessionId: other.sessionId }] });
    expect(await since(before)).toEqual([
      'mobileNode-mn-1 RegistrationAccepted', 'mobileNode-mn-1 RegistrationEnded', 'mobileNode-mn-1 HandoffStarted', `flowTable-fa-a@${a} LegsHeld`, `flowTable-fa-b@${b} VisitorAdmitted`,
      `flowTable-fa-b@${b} TemporaryFlowIdAllocated`, `flowTable-fa-b@${b} QosSessionConfigured`, 'mobileNode-mn-1 HandoffCommitted', `flowTable-fa-a@${a} VisitorLeft`,
      `flowTable-fa-a@${a} QosSessionReleased`, `flowTable-fa-a@${a} LegsUnheld`, 'mobileNode-mn-1 HandoffCompleted',
    ]);
    expect(registered.position).toBe(String(await ledger.store.head()));
    expect(accepted(await ledger.release({ sessionId: moved.sessionId })).outcome).toBe('released');
    expect(legs(b, 'mn-1')).toEqual([]);
  });

  const handOff = async (mobileNode: string, careOfAddress: Place, terms: object = {}) =>
    accepted(await ledger.startHandoff({ mobileNode, foreignAgent: agentOf[careOfAddress], careOfAddress, ...terms }));
  const withoutPools = (place: Place) => {
    const pools = { sourcePort: null, destinationPort: null };
    return ledger.provision({ foreignAgent: agentOf[place], careOfAddresses: [place], policy: { quarantineSeconds: 0 }, pools });
  };

  it('is over when it is answered, though what took its place is not written yet', async () => {
    await register('mn-met', a);
    await configure('mn-met', a, 4100);
    const about = new Promise<void>((resolve) => (isAbout = resolve));
    let write: () => void = () => undefined;
    supersedes = new Promise<void>((resolve) => (write = resolve));
    const mailbox = ledger.mailboxes.flowTable(agentOf[a], a);
    const send = mailbox.send.bind(mailbox);
    // The step at the old scope waits until another registration is decided.
    let other: Promise<unknown> | undefined;
    const step = jest.spyOn(mailbox, 'send').mockImplementationOnce(async (mail) => {
      other = register('mn-met', c);
      await about;
      setTimeout(write, 200);
      return send(mail);
    });
    expect(await handOff('mn-met', b)).toMatchObject({ state: 'superseded' });
    await other;
    step.mockRestore();
    expect(legs(c, 'mn-met')).toHaveLength(1);
  });

  it('superseded: a registration at a third place before it was over takes the legs there', async () => {
    await register('mn-3', a);
    const { sessionId } = await configure('mn-3', a, 4003);
    const both = await Promise.all([register('mn-3', b), register('mn-3', c)]);
    for (const { handoffId } of both) expect(handoffId).not.toBeNull();
    const bound = [...ledger.mailboxes.mobileNode('mn-3').fold.state.bindings.keys()] as Place[];
    expect(bound).toHaveLength(1);
    for (const place of [a, b, c] as const) expect(legs(place, 'mn-3')).toEqual(place === bound[0] ? [`${sessionId} live`] : []);
  });

  it('ping-pong: the legs are back where they were, under their own ids', async () => {
    await register('mn-4', a);
    const { sessionId, effective } = await configure('mn-4', a, 4004);
    await register('mn-4', b);
    await register('mn-4', a);
    expect([legs(a, 'mn-4'), legs(b, 'mn-4')]).toEqual([[`${sessionId} live`], []]);
    expect(scope(a).sessions.get(sessionId)?.effective.id).toEqual(effective);
  });

  it('return home: the legs end by the deregistration', async () => {
    await register('mn-5', a);
    await configure('mn-5', a, 4005);
    const before = await ledger.store.head();
    await register('mn-5', a, { lifetimeSeconds: 0 });
    expect(legs(a, 'mn-5')).toEqual([]);
    expect(await since(before)).toEqual([
      'mobileNode-mn-5 RegistrationAccepted', 'mobileNode-mn-5 RegistrationEnded', 'mobileNode-mn-5 HandoffStarted', 'mobileNode-mn-5 HandoffCommitted',
      `flowTable-fa-a@${a} VisitorLeft`, `flowTable-fa-a@${a} QosSessionReleased`, 'mobileNode-mn-5 HandoffCompleted',
    ]);
  });

  it('rolled back where the new scope refuses a leg and the command says so; degraded otherwise, until an id is free', async () => {
    await register('mn-6', a);
    const { sessionId } = await configure('mn-6', a, 4006);
    await register('mn-7', c);
    const { sessionId: other } = await configure('mn-7', c, 4006);
    accepted(await withoutPools(c));
    expect(await handOff('mn-6', c, { ifRefused: 'roll-back' })).toMatchObject({ state: 'rolled-back', reason: 'leg-refused' });
    expect([legs(a, 'mn-6'), scope(c).degraded.ofNode('mn-6')]).toEqual([[`${sessionId} live`], []]);
    expect(await handOff('mn-6', c)).toMatchObject({ state: 'completed', degraded: [sessionId] });
    expect([legs(a, 'mn-6'), legs(c, 'mn-6'), scope(c).degraded.ofNode('mn-6')]).toMatchObject([[], [], [{ sessionId }]]);
    accepted(await ledger.release({ sessionId: other }));
    expect([legs(c, 'mn-6'), scope(c).degraded.size]).toEqual([[`${sessionId} live`], 0]);
  });
});
