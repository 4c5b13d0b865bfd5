import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { newEvents, newStream } from './contract-ledger.testing';
import { EventStoreUnavailable, OutcomeUnknown, type AppendResult, type NewEvent } from './event-store';
import { parseEventStoreDbAddress } from './eventstoredb-address';
import { EventStoreDbDouble } from './eventstoredb-double.testing';
import { EventStoreDbEventStore } from './eventstoredb-event-store';
import { NodeLog } from './eventstoredb-log.testing';
import { EventStoreDbNode } from './eventstoredb-node';
import { openTestLedger, type TestLedger } from './postgres-ledger.testing';

describe('EventStoreDbEventStore on a cluster', () => {
  let database: TestLedger;
  let nodes: EventStoreDbDouble[];
  let client: EventStoreDbNode;
  let store: EventStoreDbEventStore;
  beforeEach(async () => {
    database = await openTestLedger();
    const log = new NodeLog();
    nodes = await Promise.all([new EventStoreDbDouble(log).start(), new EventStoreDbDouble(log).start(), new EventStoreDbDouble(log).start()]);
    elect(nodes[0]!);
    client = new EventStoreDbNode(parseEventStoreDbAddress(`esdb://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}?tls=false`), 1_500);
    store = new EventStoreDbEventStore({ node: client, ...database });
  });
  afterEach(async () => {
    for (const node of nodes) node.thaw();
    await store.close();
    await client.close();
    for (const node of nodes) node.stop();
    await database.drop();
  });

  /** Every other node refers to it; one that is frozen goes on believing what it believed. */
  function elect(leader: EventStoreDbDouble): void {
    for (const node of nodes) {
      node.members = nodes.map(({ port }) => port);
      node.leader = { host: '127.0.0.1', port: leader.port };
      node.fault = (call) => (node === leader || call === 'gossip' ? undefined : 'not-leader');
    }
  }

  async function appendForSure(stream: string, events: readonly NewEvent[]): Promise<AppendResult> {
    for (;;) {
      try {
        return await store.append(stream, 'no-stream', events);
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable || error instanceof OutcomeUnknown)) throw error;
        await pause(50);
      }
    }
  }

  it('finds the leader, and the next one when that dies; the mirror follows', async () => {
    expect(await appendForSure(newStream(), newEvents(1))).toMatchObject({ outcome: 'appended', position: 1n });
    expect(nodes[0]!.calls.append).toBeGreaterThan(0);
    nodes[0]!.stop();
    elect(nodes[1]!);
    expect(await appendForSure(newStream(), newEvents(1))).toMatchObject({ outcome: 'appended', position: 2n });
    expect(nodes[1]!.calls.append).toBeGreaterThan(0);
  });

  it('F8 leaves a leader that froze for the one that was elected', async () => {
    expect(await appendForSure(newStream(), newEvents(1))).toMatchObject({ outcome: 'appended', position: 1n });
    elect(nodes[2]!);
    nodes[0]!.fault = () => 'frozen';
    const from = performance.now();
    expect(await appendForSure(newStream(), newEvents(1))).toMatchObject({ outcome: 'appended', position: 2n });
    expect(performance.now() - from).toBeLessThan(12_000);
    expect(nodes[2]!.calls.append).toBeGreaterThan(0);
  });
});

describe('EventStoreDbEventStore with TLS', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'ledger-tls-'));
  const file = (name: string): string => path.join(directory, name);
  const hasOpenssl = ((): boolean => {
    try {
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', file('key.pem'), '-out', file('ca.pem'), '-days', '1', ...subject], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  (hasOpenssl ? it : it.skip)('connects with the authority and the user of the connection string (skipped where there is no openssl to make a certificate)', async () => {
    const credentials = grpc.ServerCredentials.createSsl(null, [{ private_key: readFileSync(file('key.pem')), cert_chain: readFileSync(file('ca.pem')) }]);
    const double = await new EventStoreDbDouble().start(credentials);
    const database = await openTestLedger();
    const node = new EventStoreDbNode(parseEventStoreDbAddress(`esdb://ledger:p%40ss@localhost:${double.port}?tlsCAFile=${file('ca.pem')}`));
    const store = new EventStoreDbEventStore({ node, ...database });
    expect(await store.append(newStream(), 'no-stream', newEvents(1))).toMatchObject({ outcome: 'appended', position: 1n });
    expect(double.authorizations).toEqual(new Set([`Basic ${Buffer.from('ledger:p@ss').toString('base64')}`]));
    await store.close();
    await node.close();
    double.stop();
    await database.drop();
  });
});
