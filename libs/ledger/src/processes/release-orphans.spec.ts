import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const [old, next] = ['198.51.100.1', '198.51.101.1'];
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };

describe('the release of a session that was handed off from an agent out of reach', () => {
  let ledger: TestLedger;
  beforeAll(async () => {
    ledger = await openTestLedger();
    accepted(await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [old] }));
    accepted(await ledger.provision({ foreignAgent: 'fa-2', careOfAddresses: [next] }));
  });
  afterAll(() => ledger.close());

  /** Live at the next agent, orphaned at the old one. */
  const handedOff = async (mobileNode: string, sourcePort: number): Promise<string> => {
    const terms = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
    accepted(await ledger.register({ ...terms, mobileNode, foreignAgent: 'fa-1', careOfAddress: old }));
    const { sessionId } = accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: old, mobileNode, flow: { ...flow, sourcePort } }));
    accepted(await ledger.startHandoff({ mobileNode, foreignAgent: 'fa-2', careOfAddress: next, oldAgent: 'unreachable' }));
    return sessionId;
  };
  const legsOf = async (sessionId: string): Promise<unknown[]> => {
    await ledger.runner.waitFor(await ledger.store.head(), 20_000);
    const legs = `select foreign_agent, state, ended_at is not null as ended, cause from projection.session_legs where session_id = $1 order by foreign_agent`;
    return (await ledger.database.pool.query(legs, [sessionId])).rows;
  };

  it('when it is released, then the orphaned leg ends with it, and a second release is told so', async () => {
    const sessionId = await handedOff('mn-1', 4001);
    expect(await legsOf(sessionId)).toMatchObject([{ foreign_agent: 'fa-1', state: 'orphaned', ended: false }, { foreign_agent: 'fa-2', state: 'live', ended: false }]);
    expect(accepted(await ledger.release({ sessionId }))).toMatchObject({ outcome: 'released' });
    expect(await legsOf(sessionId)).toMatchObject([{ ended: true, cause: 'administrator' }, { ended: true, cause: 'administrator' }]);
    expect(accepted(await ledger.release({ sessionId }))).toMatchObject({ outcome: 'already-released' });
  });

  it('when another node asks for it, then both legs stand', async () => {
    const sessionId = await handedOff('mn-2', 4002);
    expect(await ledger.release({ sessionId, mobileNode: 'mn-1' })).toMatchObject({ outcome: 'refused', rejection: { rejection: 'not-owner' } });
    expect(await legsOf(sessionId)).toMatchObject([{ ended: false }, { ended: false }]);
  });
});
