import { v4 } from 'uuid';
import type { UnreadableEvent } from '#domain';
import { openTestLedger, type TestLedger } from '../open-ledger.testing';

const scope = { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1' };

describe('RegistrationProcess', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  /** As a crash between the two appends of a registration leaves it. */
  async function registerUntold(mobileNode: string, homeAddress: string, at = scope): Promise<void> {
    const commandId = v4();
    await ledger.mailboxes.mobileNode(mobileNode).send({
      identity: { commandId, idempotencyKey: null, bodyDigest: '', actor: 'test', origin: 'commanded', correlationId: commandId, causationId: commandId },
      command: {
        type: 'Register', mobileNode, ...at, homeAgent: '203.0.113.1', homeAddress, lifetimeSeconds: 600, identification: null, flags: [],
        careOfAddressValid: true, nonce: 0, policy: { replayProtection: 'rising', maximumLifetimeSeconds: 65535 },
      },
    });
  }

  async function overwrite(stream: string, metadata: string): Promise<string> {
    const { pool } = ledger.database;
    const { rows } = await pool.query<{ metadata: string }>('select metadata from ledger.events where stream = $1', [stream]);
    await pool.query('alter table ledger.events disable trigger append_only');
    await pool.query('update ledger.events set metadata = $2 where stream = $1', [stream, metadata]);
    await pool.query('alter table ledger.events enable always trigger append_only');
    return rows[0]!.metadata;
  }

  const visitors = async (of: TestLedger): Promise<string[]> => {
    const mailbox = of.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress);
    await mailbox.refresh();
    return [...mailbox.fold.state.visitors.keys()].sort();
  };

  it.each(['garbage', '{}', 'null', '{"schemaVersion":"1"}', '{"schemaVersion":"1","batchEnd":"x"}'])(
    'sets aside the one stream whose event has the metadata %s, and reads it again after the fix',
    async (garbage) => {
      await registerUntold('mn-1', '10.0.0.1');
      await registerUntold('mn-2', '10.0.0.2');
      const metadata = await overwrite('mobileNode-mn-1', garbage);
      const told: UnreadableEvent[] = [];
      ledger.process.start((error) => {
        throw error;
      }, (error) => told.push(error));
      await ledger.process.stop();
      await ledger.process.catchUp();
      await ledger.process.catchUp();
      expect(await visitors(ledger)).toEqual(['mn-2']);
      expect(told.map(({ place }) => place)).toEqual([{ stream: 'mobileNode-mn-1', revision: 0n, position: 1n }]);

      await overwrite('mobileNode-mn-1', metadata);
      const restarted = await openTestLedger(Date.now, ledger.database);
      await restarted.process.catchUp();
      await registerUntold('mn-3', '10.0.0.3');
      await restarted.process.catchUp();
      expect(await visitors(restarted)).toEqual(['mn-1', 'mn-2', 'mn-3']);
      await restarted.close();
    },
  );

  it('F15 given a scope with an event that follows from nothing, sets aside who is there, and tells the other scopes', async () => {
    const stream = `flowTable-${scope.foreignAgent}@${scope.careOfAddress}`;
    await registerUntold('mn-1', '10.0.0.1');
    await ledger.process.catchUp();
    const effective = { destination: scope.careOfAddress, protocol: 17, destinationPort: 5004 };
    const data = { sessionId: 's1', mobileNode: null, cause: 'administrator', effective, temporary: null, quarantinedUntil: null, occurredAt: new Date().toISOString() };
    const metadata = JSON.stringify({ commandId: 'c', bodyDigest: 'd', batchEnd: '1000', schemaVersion: '1', origin: 'commanded' });
    const revision = await ledger.store.streamRevision(stream);
    await ledger.store.append(stream, revision, [{ id: v4(), type: 'QosSessionReleased', data: JSON.stringify(data), metadata }]);
    const position = await ledger.store.head();
    const told: UnreadableEvent[] = [];
    const fail = (error: unknown): void => {
      throw error;
    };
    ledger.process.start(fail, (error) => told.push(error));
    await ledger.process.stop();
    const other = { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2' };
    await registerUntold('mn-2', '10.0.0.2');
    await registerUntold('mn-3', '10.0.0.3', other);
    await ledger.process.catchUp();
    expect(told.map(({ place }) => place)).toEqual([{ stream, revision: BigInt(revision) + 1n, position }]);
    await ledger.mailboxes.flowTable(other.foreignAgent, other.careOfAddress).load();
    expect([...ledger.mailboxes.flowTable(other.foreignAgent, other.careOfAddress).fold.state.visitors.keys()]).toEqual(['mn-3']);
  });
});
