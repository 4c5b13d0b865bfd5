import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const coa = '198.51.100.1';
const visit = { foreignAgent: 'fa-1', careOfAddress: coa, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };

describe('events that are delivered twice', () => {
  let ledger: TestLedger;
  let delivered = 0;
  beforeEach(async () => {
    delivered = 0;
    ledger = await openTestLedger(Date.now, undefined, undefined, { onBatch: () => ((delivered += 1), 'duplicate') });
  });
  afterEach(() => ledger.close());

  it('F13 given them by the subscription and by the process that repeats, change neither the tables nor the log', async () => {
    accepted(await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [coa] }));
    for (const mobileNode of ['mn-1', 'mn-2']) {
      accepted(await ledger.register({ ...visit, mobileNode }));
      accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: coa, mobileNode, flow }));
    }
    const history = await ledger.history();
    await ledger.process.catchUp();
    await ledger.database.pool.query('delete from ledger.process_checkpoints');
    await ledger.process.catchUp();
    expect(await ledger.history()).toEqual(history);
    await ledger.runner.waitFor(await ledger.store.head(), 20_000);
    expect(delivered).toBeGreaterThan(0);
    expect(ledger.runner.parked).toEqual([]);
    const { rows } = await ledger.database.pool.query('select mobile_node, count(*)::int as rows from projection.flow_table group by 1 order by 1');
    expect(rows).toEqual([{ mobile_node: 'mn-1', rows: 1 }, { mobile_node: 'mn-2', rows: 1 }]);
  });
});
