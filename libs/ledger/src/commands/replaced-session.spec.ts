import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const [here, there] = ['198.51.100.1', '198.51.101.1'];
const esp = (spi: number) => ({ correspondentNode: '192.0.2.7', protocol: 50, spi });

describe('a session that replaces one of another scope', () => {
  let ledger: TestLedger;
  beforeAll(async () => {
    ledger = await openTestLedger();
    accepted(await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [here] }));
    accepted(await ledger.provision({ foreignAgent: 'fa-2', careOfAddresses: [there] }));
    const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
    for (const mobileNode of ['mn-1', 'mn-2']) {
      accepted(await ledger.register({ ...home, mobileNode, foreignAgent: 'fa-1', careOfAddress: here }));
      accepted(await ledger.register({ ...home, mobileNode, foreignAgent: 'fa-2', careOfAddress: there, flags: ['S'] }));
    }
  });
  afterAll(() => ledger.close());

  const at = (foreignAgent: string, careOfAddress: string, mobileNode: string, spi: number, replaces?: string) =>
    ledger.configure({ foreignAgent, careOfAddress, mobileNode, flow: esp(spi), ...(replaces !== undefined && { replaces }) });

  it('given a session of the node at another address, when it is replaced, then it is released there with the cause', async () => {
    const { sessionId } = accepted(await at('fa-1', here, 'mn-1', 1));
    expect(accepted(await at('fa-2', there, 'mn-1', 2, sessionId))).toMatchObject({ outcome: 'configured' });
    expect(accepted(await ledger.release({ sessionId }))).toMatchObject({ outcome: 'already-released' });
    expect((await ledger.history()).filter((line) => line.endsWith('QosSessionReleased'))).toEqual([`flowTable-fa-1@${here} QosSessionReleased`]);
    expect(accepted(await at('fa-2', there, 'mn-1', 2, sessionId))).toMatchObject({ outcome: 'refreshed' });
  });

  it('given a session of another node at another address, then it is not replaced', async () => {
    const { sessionId } = accepted(await at('fa-1', here, 'mn-2', 3));
    expect(await at('fa-2', there, 'mn-1', 4, sessionId)).toMatchObject({ outcome: 'refused', rejection: { rejection: 'not-owner', facts: { owner: 'mn-2' } } });
    expect(accepted(await ledger.release({ sessionId }))).toMatchObject({ outcome: 'released' });
  });

  it('given an id that no session has, then nothing is configured', async () => {
    const refused = await at('fa-2', there, 'mn-1', 5, '7f3f0c5e-4c9b-4b7e-9d5f-2d7b8a0b1c11');
    expect(refused).toMatchObject({ outcome: 'refused', rejection: { rejection: 'session-unknown' } });
  });
});
