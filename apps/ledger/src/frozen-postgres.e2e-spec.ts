import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from './config';
import { startService, type Service } from './service';

/** Linux alone tells a process's children by files. */
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;
/** LEDGER_TEST_FROZEN_SECONDS=60 for the full minute. */
const frozenMs = Number(process.env['LEDGER_TEST_FROZEN_SECONDS'] ?? 8) * 1_000;

interface Answered {
  readonly status: number;
  readonly ms: number;
}

describeOnLinux('a PostgreSQL that is frozen (SIGSTOP)', () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'ledger-frozen-'));
  let service: Service;
  beforeAll(async () => {
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    service = await startService(readConfig({ LEDGER_DATA_DIR: dataDir, LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'error' }, {}), silent);
  });
  afterAll(async () => {
    signalServer('SIGCONT');
    await service.close();
    rmSync(dataDir, { recursive: true });
  });

  /** The postmaster first: it can then start no other. */
  function signalServer(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const majorVersion = readdirSync(path.join(dataDir, 'postgres')).find((name) => /^\d+$/.test(name))!;
    const postmaster = readFileSync(path.join(dataDir, 'postgres', majorVersion, 'postmaster.pid'), 'utf8').split('\n')[0]!;
    const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ').filter(Boolean);
    for (const pid of [postmaster, ...children]) process.kill(Number(pid), signal);
  }

  async function ask(method: string, route: string, key?: string): Promise<Answered> {
    const from = performance.now();
    const headers = { ...(method === 'PUT' && { 'content-type': 'application/json' }), ...(key !== undefined && { 'idempotency-key': key }) };
    const answer = await fetch(service.url + route, { method, headers, ...(method === 'PUT' && { body: '{}' }) });
    await answer.arrayBuffer();
    return { status: answer.status, ms: performance.now() - from };
  }

  it(
    'F8 costs nobody more than 5 s, then nobody anything, leaves no heap of work, and is over by itself',
    async () => {
      expect((await ask('PUT', '/v1/foreign-agents/fa-before')).status).toBe(201);
      signalServer('SIGSTOP');
      const frozenAt = performance.now();
      const early = await Promise.all([
        ...Array.from({ length: 40 }, (_, index) => ask('PUT', `/v1/foreign-agents/fa-${index}`, `key-${index}`)),
        ...Array.from({ length: 40 }, () => ask('GET', '/v1/foreign-agents')),
      ]);
      expect([...new Set(early.map(({ status }) => status))]).toEqual([503]);
      // Within 5 s on a machine that does nothing else; a statement's own time-out would be 31 s.
      expect(Math.max(...early.map(({ ms }) => ms))).toBeLessThan(10_000);
      const breakerOpen = await Promise.all(Array.from({ length: 200 }, () => ask('GET', '/v1/foreign-agents')));
      expect([...new Set(breakerOpen.map(({ status }) => status))]).toEqual([503]);
      expect(Math.max(...breakerOpen.map(({ ms }) => ms))).toBeLessThan(10_000);
      expect((await ask('GET', '/health/ready')).status).toBe(503);
      expect((await ask('GET', '/health/live')).status).toBe(200);
      await pause(Math.max(0, frozenMs - (performance.now() - frozenAt)));
      signalServer('SIGCONT');
      const thawedAt = performance.now();
      while ((await ask('GET', '/health/ready')).status !== 200 && performance.now() - thawedAt < 20_000) await pause(50);
      // The same keys again: each was saved once, at the first time or now.
      const again = await Promise.all(Array.from({ length: 40 }, (_, index) => ask('PUT', `/v1/foreign-agents/fa-${index}`, `key-${index}`)));
      expect([...new Set(again.map(({ status }) => status))]).toEqual([201]);
      const { position, items } = (await (await fetch(`${service.url}/v1/events?type=ForeignAgentProvisioned&limit=1000`)).json()) as { position: string; items: unknown[] };
      expect({ position, provisioned: items.length }).toEqual({ position: '41', provisioned: 41 });
    },
    frozenMs + 60_000,
  );
});
