import { describeEventStore } from './event-store.contract';
import { PostgresEventStore } from './postgres-event-store';
import { openTestLedger } from './postgres-ledger.testing';

describeEventStore('PostgresEventStore', async () => {
  const { pool, listen, drop } = await openTestLedger();
  const store = new PostgresEventStore({ pool, listen });
  return {
    store,
    another: async () => new PostgresEventStore({ pool, listen }),
    dispose: async () => {
      await store.close();
      await drop();
    },
  };
});
