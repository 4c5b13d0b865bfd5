import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from './config';
import { startService, type Service } from './service';

describe('without its PostgreSQL', () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'ledger-outage-'));
  let service: Service;
  let log = '';
  beforeAll(async () => {
    const sink = new Writable({ write: (chunk: Buffer, _encoding, done) => ((log += chunk.toString()), done()) });
    service = await startService(readConfig({ LEDGER_DATA_DIR: dataDir, LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'info' }, {}), sink);
  });
  afterAll(async () => {
    await service.close();
    rmSync(dataDir, { recursive: true });
  });

  const ready = async (): Promise<number> => (await fetch(`${service.url}/health/ready`)).status;

  it('F2 says in less than 2 s that it is not ready, saves nothing meanwhile, and is ready again by itself', async () => {
    expect(await ready()).toBe(200);
    const majorVersion = readdirSync(path.join(dataDir, 'postgres')).find((name) => /^\d+$/.test(name));
    const [postmaster] = readFileSync(path.join(dataDir, 'postgres', majorVersion!, 'postmaster.pid'), 'utf8').split('\n');
    const began = performance.now();
    process.kill(Number(postmaster), 'SIGKILL');
    while ((await ready()) === 200) await pause(10);
    expect(performance.now() - began).toBeLessThan(2_000);
    const away = await fetch(`${service.url}/v1/foreign-agents/fa-1`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' });
    // It may have come back in between: then what was saved is saved.
    if (away.status >= 300) expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
    while ((await ready()) !== 200) await pause(100);
    const saved = await fetch(`${service.url}/v1/foreign-agents/fa-2`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' });
    expect(saved.status).toBe(201);
  });

  it('logs what was lost in a few words, one line each, and nothing raw', () => {
    const lost = log.split('\n').filter((line) => line.includes('An idle database session was lost.'));
    expect(lost.length).toBeGreaterThan(0);
    for (const line of lost) expect(Object.keys(JSON.parse(line) as object).filter((name) => !['code', 'detail'].includes(name))).toEqual(['level', 'time', 'msg']);
    expect(log).not.toMatch(/[^\n\x20-\u{10ffff}]/u);
  });

  it('closes in silence', async () => {
    const before = log.length;
    await service.close();
    const lines = log.slice(before).trim().split('\n').map((line) => JSON.parse(line) as { level: string; msg: string });
    // The projections may tell only now that they found PostgreSQL again; nothing may sound like a loss.
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
    expect(lines.at(-1)?.msg).toBe('The ledger is closed.');
  });
});
