import { describeEventStore } from './event-store.contract';
import { openEventStoreDbLedger } from './eventstoredb-ledger.testing';

describeEventStore('EventStoreDbEventStore', async () => {
  const ledger = await openEventStoreDbLedger();
  const store = ledger.open();
  return {
    store,
    another: async () => ledger.open(),
    dispose: async () => {
      await store.close();
      await ledger.close();
    },
  };
});
