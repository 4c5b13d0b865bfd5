import { randomUUID } from 'node:crypto';

export { EventStoreDbDouble } from './eventstoredb-double.testing';

/** The node that tests run on where LEDGER_TEST_EVENTSTORE names one, with streams of its own for whoever asks: nobody else uses them. */
export function testEventStore(): string | undefined {
  const address = process.env['LEDGER_TEST_EVENTSTORE'];
  return address ? withOwnStreams(address) : undefined;
}

export const withOwnStreams = (address: string): string => `${address}${address.includes('?') ? '&' : '?'}streamPrefix=test.${randomUUID()}.`;
