import type { TestServer } from './test-server.testing';

export default async function tearDown(): Promise<void> {
  await (globalThis as { ledgerTestServer?: TestServer }).ledgerTestServer?.close();
}
