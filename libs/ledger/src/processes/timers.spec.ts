import { setTimeout as delay } from 'node:timers/promises';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const coa = '198.51.100.1';
const visit = { mobileNode: 'mn-1', foreignAgent: 'fa-1', careOfAddress: coa, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 600 };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };

async function expectEventually(ledger: TestLedger, line: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await ledger.history()).includes(line)) return;
    await delay(25);
  }
  throw new Error(`There was no ${line} in ${(await ledger.history()).join(', ')}`);
}

describe('Timers', () => {
  let ledger: TestLedger;
  let ahead = 0;
  const clock = (): number => Date.now() + ahead;

  beforeEach(async () => {
    ahead = 0;
    ledger = await openTestLedger(clock);
  });
  afterEach(async () => {
    ledger.timers.stop();
    await ledger.close();
  });

  it('ends soft state, a registration and a quarantine by themselves', async () => {
    await ledger.timers.start(fail);
    accepted(await ledger.provision({ foreignAgent: 'fa-1', careOfAddresses: [coa], policy: { quarantineSeconds: 0 } }));
    accepted(await ledger.register({ ...visit, lifetimeSeconds: 1 }));
    accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: coa, mobileNode: 'mn-1', flow, refreshPeriodMs: 60 }));
    await expectEventually(ledger, `flowTable-fa-1@${coa} QosSessionReleased`);
    await expectEventually(ledger, `flowTable-fa-1@${coa} QuarantineEnded`);
    await expectEventually(ledger, `flowTable-fa-1@${coa} VisitorLeft`);
    await expectEventually(ledger, 'mobileNode-mn-1 RegistrationEnded');
  });

  it('keep their deadlines over a restart', async () => {
    accepted(await ledger.register(visit));
    accepted(await ledger.configure({ foreignAgent: 'fa-1', careOfAddress: coa, mobileNode: 'mn-1', flow }));
    await ledger.runner.waitFor(await ledger.store.head(), 20_000);
    ahead = 3_600_000;
    const restarted = await openTestLedger(clock, ledger.database);
    try {
      await restarted.timers.start(fail);
      await expectEventually(restarted, `flowTable-fa-1@${coa} VisitorLeft`);
      await expectEventually(restarted, 'mobileNode-mn-1 RegistrationEnded');
      expect((await restarted.history()).filter((line) => line.endsWith('QosSessionReleased'))).toHaveLength(1);
    } finally {
      restarted.timers.stop();
      await restarted.close();
    }
  });
});

function fail(error: unknown): never {
  throw error;
}
