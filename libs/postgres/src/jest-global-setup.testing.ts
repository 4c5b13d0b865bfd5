import { TestServer } from './test-server.testing';

/** Workers are started after this and inherit the environment. */
export default async function setUp(): Promise<void> {
  const server = new TestServer();
  process.env['LEDGER_TEST_SERVER'] = await server.open();
  (globalThis as { ledgerTestServer?: TestServer }).ledgerTestServer = server;
}
