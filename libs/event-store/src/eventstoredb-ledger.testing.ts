import { randomUUID } from 'node:crypto';
import { parseEventStoreDbAddress } from './eventstoredb-address';
import { EventStoreDbDouble } from './eventstoredb-double.testing';
import { EventStoreDbEventStore } from './eventstoredb-event-store';
import { EventStoreDbNode } from './eventstoredb-node';
import { openTestLedger, type TestLedger } from './postgres-ledger.testing';

export interface EventStoreDbLedger extends TestLedger {
  /** Null: a real node, named by LEDGER_TEST_EVENTSTORE. */
  readonly double: EventStoreDbDouble | null;
  readonly node: EventStoreDbNode;
  readonly open: () => EventStoreDbEventStore;
  readonly close: () => Promise<void>;
}

/** A ledger of its own: a database of its own, and streams of its own on a node that others may use as well. */
export async function openEventStoreDbLedger(address = process.env['LEDGER_TEST_EVENTSTORE']): Promise<EventStoreDbLedger> {
  const database = await openTestLedger();
  const double = address ? null : await new EventStoreDbDouble().start();
  const base = address ?? double!.connectionString;
  const node = new EventStoreDbNode(parseEventStoreDbAddress(`${base}${base.includes('?') ? '&' : '?'}streamPrefix=test.${randomUUID()}.`));
  return {
    ...database,
    double,
    node,
    open: () => new EventStoreDbEventStore({ node, ...database }),
    async close() {
      await node.close();
      double?.stop();
      await database.drop();
    },
  };
}
