import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import os from 'node:os';
import path from 'node:path';
import { openTestDatabase } from '#postgres/testing';
import { readConfig, startService, type Service } from '#service';
import type { EventRow, Session, SessionRow } from '../ledger-rows';
import { runVerb } from '../run-verb.testing';

describe('sessions and session, after a simulated play', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'qos-ledger-sessions-'));
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let service: Service;
  const run = (...argv: string[]): ReturnType<typeof runVerb> => runVerb([...argv, '--url', service.url]);
  const rows = async (...argv: string[]): Promise<readonly SessionRow[]> =>
    (await run('sessions', '--json', ...argv)).lines.map(line => JSON.parse(line) as SessionRow);

  const known = async (): Promise<string> => JSON.stringify(await rows('--limit', '1000'));

  beforeAll(async () => {
    database = await openTestDatabase({ max: 1 });
    service = await startService(readConfig({ LEDGER_DATABASE_URL: database.url, LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'silent' }, {}));
    const capture = path.join(folder, 'play.pcap');
    expect((await runVerb(['simulate', '--seed', '7', '--duration', '120', '--pcap', capture])).code).toBe(0);
    const { code, lines } = await run('ingest', '--json', capture);
    expect(code).toBe(0);
    // The verb waits five seconds for the tables: on a busy machine they may come later.
    const { position } = JSON.parse(lines.join('\n')) as { readonly position: string };
    const isThere = async (): Promise<boolean> => (await fetch(`${service.url}/v1/events?limit=1&minPosition=${position}`)).ok;
    while (!(await isThere())) await delay(100);
    // What a registration or a reboot brings about in other scopes may be told behind the report.
    for (let [before, now] = ['', await known()]; before !== now; [before, now] = [now, await known()]) await delay(2_000);
  });
  afterAll(async () => {
    await service.close();
    await database.close();
    rmSync(folder, { recursive: true });
  });

  it('finds the same sessions as lines of JSON and as a table, why they ended included', async () => {
    const all = await rows();
    const released = await rows('--state', 'released');
    expect(released.length).toBeGreaterThan(0);
    expect(all.length).toBeGreaterThan(released.length);
    const { code, lines } = await run('sessions', '--state', 'released');
    expect(code).toBe(0);
    expect(lines.slice(1).map(line => line.split('\t')[0])).toEqual(released.map(row => row.sessionId));
    expect(lines[1]!.split('\t').at(-1)).toBe(`released: ${released[0]!.cause}`);
    const { mobileNode } = all.find((row) => row.mobileNode !== null)!;
    expect(await rows('--mobile-node', mobileNode!, '--limit', '1')).toMatchObject([{ mobileNode }]);
  });

  it('tells one with its ids, its legs and its events', async () => {
    const { sessionId, temporary } = (await rows('--state', 'live')).find(row => row.temporary !== null)!;
    const { code, lines } = await run('session', sessionId);
    expect(code).toBe(0);
    expect(lines).toContain(`temporary              source port ${temporary!.value}`);
    expect(lines.find(line => line.startsWith('requested'))).toMatch(/^requested +udp [\d.]+:\d+ → [\d.]+:\d+$/);
    expect(lines.findIndex(line => line.startsWith('care-of_address\tagent'))).toBeGreaterThan(0);
    expect(lines.some(line => line.includes('\tTemporaryFlowIdAllocated\t'))).toBe(true);
    const told = JSON.parse((await run('session', sessionId, '--json')).lines.join('\n')) as Session & { readonly history: readonly EventRow[] };
    expect(told.legs).toHaveLength(1);
    expect(told.history.map(({ type }) => type)).toEqual(expect.arrayContaining(['TemporaryFlowIdAllocated', 'QosSessionConfigured']));
  });

  it('refuses an id that is none and one that is unknown with a sentence', async () => {
    expect(await run('session', 'nonsense')).toMatchObject({ code: 2, lines: [], errors: [expect.stringContaining('UUID'), expect.any(String)] });
    expect(await run('session', '0190d2c4-6f0e-5b1c-9c55-3c2f7a1d4b9e')).toMatchObject({ code: 1, lines: [] });
  });

  it('says of several files which is no capture: found, not wrong use', async () => {
    const [capture, junk] = ['play.pcap', 'junk.pcap'].map((name) => path.join(folder, name)) as [string, string];
    writeFileSync(junk, 'GET / HTTP/1.1');
    const { code, errors } = await run('ingest', capture, junk);
    expect(code).toBe(1);
    expect(errors[0]).toContain(junk);
  });
});
