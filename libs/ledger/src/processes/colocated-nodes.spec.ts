import { buildIpv4, encodeMobileIp, IpProtocol, LinkType, PcapWriter } from '#signalling';
import { readEvent } from '../mailbox/read-event';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const careOfAddress = '198.51.100.50';
const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.1', lifetimeSeconds: 600 };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };
const frameMs = 1_000_000;

async function* advertisementOf(address: string): AsyncGenerator<Uint8Array> {
  const message = encodeMobileIp({
    kind: 'agent-advertisement', code: 0, routerLifetimeSeconds: 1800, routerAddresses: [{ address, preference: 0 }], sequenceNumber: 7,
    registrationLifetimeSeconds: 600, flags: ['R', 'F'], careOfAddresses: [address], prefixLengths: [], extensions: [],
  });
  const writer = new PcapWriter(LinkType.RAW);
  yield writer.header();
  yield writer.record(BigInt(frameMs) * 1_000_000n, buildIpv4({ source: address, destination: '224.0.0.1', protocol: IpProtocol.ICMP }, message));
}

describe('a co-located care-of address becomes an agent\'s', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
    accepted(await ledger.register({ mobileNode: 'mn-1', foreignAgent: 'direct', careOfAddress, flags: ['D'], ...home }));
    accepted(await ledger.configure({ mobileNode: 'mn-1', foreignAgent: 'direct', careOfAddress, flow }));
  });
  afterEach(() => ledger.close());

  const provision = async () => accepted(await ledger.provision({ foreignAgent: 'fa-x', careOfAddresses: [careOfAddress] }));
  const standing = async (foreignAgent: string) => {
    const scope = ledger.mailboxes.flowTable(foreignAgent, careOfAddress);
    await scope.refresh();
    const { visitors, sessions } = scope.fold.state;
    return { visitors: [...visitors.values()].map(({ mobileNode }) => mobileNode), sessions: [...sessions.values()].map(({ mobileNode }) => mobileNode) };
  };
  const none = { visitors: [], sessions: [] };
  const bindings = (mobileNode: string) => [...ledger.mailboxes.mobileNode(mobileNode).fold.state.bindings.values()].map((binding) => binding.foreignAgent);
  const endsOf = async () => (await ledger.history()).filter((line) => /RegistrationEnded|VisitorLeft|QosSessionReleased/.test(line));
  const ends = ['mobileNode-mn-1 RegistrationEnded', `flowTable-direct@${careOfAddress} VisitorLeft`, `flowTable-direct@${careOfAddress} QosSessionReleased`];

  it('I15 ends the binding of the node that had it, and its sessions, once', async () => {
    await provision();
    expect([await standing('direct'), bindings('mn-1'), await endsOf()]).toEqual([none, [], ends]);
    expect(await ledger.configure({ mobileNode: 'mn-1', foreignAgent: 'direct', careOfAddress, flow })).toMatchObject({ rejection: { rejection: 'no-binding' } });
    await provision();
    await ledger.process.catchUp();
    expect(await endsOf()).toEqual(ends);
  });

  it('I17 stands where a registration through an agent that nobody knows is denied: nobody is learned from it', async () => {
    const other = { mobileNode: 'mn-2', foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', ...home, homeAddress: '10.0.0.2', identification: '5' };
    accepted(await ledger.register(other));
    for (let n = 0; n < 2; n++) {
      expect(await ledger.register({ ...other, foreignAgent: 'fa-new', careOfAddress })).toMatchObject({ rejection: { rejection: 'registration-denied', facts: { code: 133 } } });
    }
    expect([await standing('direct'), bindings('mn-1'), await endsOf()]).toEqual([{ visitors: ['mn-1'], sessions: ['mn-1'] }, ['direct'], []]);
    expect((await ledger.history()).filter((line) => line === 'foreignAgents ForeignAgentLearned')).toHaveLength(1);
    accepted(await ledger.register({ ...other, foreignAgent: 'fa-new', careOfAddress, identification: '6' }));
    expect([await standing('direct'), (await standing('fa-new')).visitors, (await endsOf()).slice(0, 3)]).toEqual([none, ['mn-2'], ends]);
  });

  it('lets the node register there through the agent, and what it has is compared with the others there', async () => {
    await provision();
    accepted(await ledger.register({ mobileNode: 'mn-2', foreignAgent: 'fa-x', careOfAddress, ...home, homeAddress: '10.0.0.2' }));
    accepted(await ledger.configure({ mobileNode: 'mn-2', foreignAgent: 'fa-x', careOfAddress, flow }));
    accepted(await ledger.register({ mobileNode: 'mn-1', foreignAgent: 'fa-x', careOfAddress, ...home }));
    expect(accepted(await ledger.configure({ mobileNode: 'mn-1', foreignAgent: 'fa-x', careOfAddress, flow }))).toMatchObject({ temporary: { field: 'sourcePort' } });
    expect([await standing('direct'), bindings('mn-1')]).toEqual([none, ['fa-x']]);
  });

  it('I15 leaves nothing behind where the agent is only learned, by the registration of the node itself', async () => {
    accepted(await ledger.register({ mobileNode: 'mn-1', foreignAgent: 'fa-new', careOfAddress, ...home }));
    expect([await standing('direct'), await standing('fa-new'), bindings('mn-1')]).toEqual([none, { visitors: ['mn-1'], sessions: [] }, ['fa-new']]);
  });

  it('I1 ends what others have there too where a registration makes it an agent\'s, before it is answered', async () => {
    accepted(await ledger.register({ mobileNode: 'mn-2', foreignAgent: 'fa-new', careOfAddress, ...home, homeAddress: '10.0.0.2' }));
    expect([await standing('direct'), bindings('mn-1'), await endsOf()]).toEqual([none, [], ends]);
    accepted(await ledger.configure({ mobileNode: 'mn-2', foreignAgent: 'fa-new', careOfAddress, flow }));
    expect(await ledger.configure({ mobileNode: 'mn-1', foreignAgent: 'direct', careOfAddress, flow })).toMatchObject({ rejection: { rejection: 'no-binding' } });
    await ledger.process.catchUp();
    expect(await endsOf()).toEqual(ends);
  });

  it('I1 ends it where a capture shows the agent, by the ledger\'s clock, once', async () => {
    await ledger.ingest.ingest(advertisementOf(careOfAddress), { actor: 'test' });
    for (let time = 0; time < 2; time++) await ledger.process.catchUp();
    expect([await standing('direct'), bindings('mn-1'), await endsOf()]).toEqual([none, [], ends]);
    for await (const recorded of ledger.store.readStream('mobileNode-mn-1')) {
      const { event, metadata } = readEvent(recorded);
      expect([event.type, metadata.origin, metadata.capture]).toEqual([event.type, event.type === 'RegistrationEnded' ? 'process' : 'commanded', undefined]);
      expect(Date.parse(event.occurredAt)).toBeGreaterThan(frameMs);
    }
  });

  it.each([1, 2, 3])('is told to the end behind a crash at append %i of a registration that makes it an agent\'s', async (k) => {
    let appends = 0;
    const crashing = await openTestLedger(Date.now, ledger.database, undefined, { onAppend: () => (++appends >= k + 1 ? 'unavailable' : undefined) });
    await crashing.register({ mobileNode: 'mn-2', foreignAgent: 'fa-new', careOfAddress, ...home, homeAddress: '10.0.0.2' }).catch(() => undefined);
    await crashing.close();
    await ledger.mailboxes.mobileNode('mn-1').refresh();
    await ledger.process.catchUp();
    expect([await standing('direct'), bindings('mn-1'), await endsOf()]).toEqual([none, [], ends]);
  });

  it.each([1, 2, 3])('is told to the end behind a crash at append %i of the provisioning', async (k) => {
    let appends = 0;
    const crashing = await openTestLedger(Date.now, ledger.database, undefined, { onAppend: () => (++appends >= k + 1 ? 'unavailable' : undefined) });
    await crashing.provision({ foreignAgent: 'fa-x', careOfAddresses: [careOfAddress] }).catch(() => undefined);
    await crashing.close();
    await ledger.mailboxes.foreignAgents().refresh();
    await ledger.mailboxes.mobileNode('mn-1').refresh();
    await ledger.process.catchUp();
    expect([await standing('direct'), bindings('mn-1'), await endsOf()]).toEqual([none, [], ends]);
  });
});
