import { parseEventStoreDbAddress } from './eventstoredb-address';
import { EventStoreDbDouble } from './eventstoredb-double.testing';
import { EventStoreDbEventStore, type EventStoreDbEventStoreOptions } from './eventstoredb-event-store';
import { EventStoreDbNode } from './eventstoredb-node';
import { withOwnStreams } from './eventstoredb-node.testing';
import { openTestLedger, type TestLedger } from './postgres-ledger.testing';

export interface EventStoreDbLedger extends TestLedger {
  readonly node: EventStoreDbNode;
  readonly open: (options?: Pick<EventStoreDbEventStoreOptions, 'onLost'>) => EventStoreDbEventStore;
  readonly close: () => Promise<void>;
}

export interface DoubledLedger extends EventStoreDbLedger {
  readonly double: EventStoreDbDouble;
}

/** A ledger of its own, on the node that LEDGER_TEST_EVENTSTORE names, or on a double. */
export async function openEventStoreDbLedger(): Promise<EventStoreDbLedger> {
  const address = process.env['LEDGER_TEST_EVENTSTORE'];
  return address ? openLedgerOn(address) : openDoubledLedger();
}

/** For faults on demand. @param timeoutMs of a call to the node */
export async function openDoubledLedger(timeoutMs?: number): Promise<DoubledLedger> {
  const double = await new EventStoreDbDouble().start();
  const ledger = await openLedgerOn(double.connectionString, timeoutMs);
  const close = async (): Promise<void> => {
    await ledger.close();
    double.stop();
  };
  return { ...ledger, double, close };
}

/** A database of its own, and streams of its own on a node that others may use as well. */
async function openLedgerOn(address: string, timeoutMs?: number): Promise<EventStoreDbLedger> {
  const database = await openTestLedger();
  const node = new EventStoreDbNode(parseEventStoreDbAddress(withOwnStreams(address)), timeoutMs);
  return {
    ...database,
    node,
    open: (options) => new EventStoreDbEventStore({ node, ...database, ...options }),
    async close() {
      await node.close();
      await database.drop();
    },
  };
}
