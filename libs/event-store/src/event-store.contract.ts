import { describeAppends } from './append.contract';
import type { ContractLedger } from './contract-ledger.testing';
import { describeIdempotency } from './idempotency.contract';
import { describeReads } from './read.contract';
import { describeSubscriptions } from './subscription.contract';

export type { ContractLedger } from './contract-ledger.testing';

/** What every event store does, whatever it stands on. `open` gives a ledger that nobody else uses. */
export function describeEventStore(name: string, open: () => Promise<ContractLedger>): void {
  describe(`${name} as an event store`, () => {
    let ledger: ContractLedger;
    beforeAll(async () => {
      ledger = await open();
    }, 120_000);
    afterAll(() => ledger?.dispose());

    describeAppends(() => ledger);
    describeIdempotency(() => ledger);
    describeReads(() => ledger);
    describeSubscriptions(() => ledger);
  });
}
