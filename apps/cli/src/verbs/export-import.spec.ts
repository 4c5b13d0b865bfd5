import { randomUUID } from 'node:crypto';
import { PostgresEventStore } from '#event-store';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { readConfig, startService } from '#service';
import { runVerb } from '../run-verb.testing';

describe('export and import', () => {
  const databases: TestDatabase[] = [];
  let source: TestDatabase;
  let lines: string[];

  const database = async (): Promise<TestDatabase> => {
    const made = await openTestDatabase({ max: 1 });
    databases.push(made);
    return made;
  };
  const on = ({ url }: TestDatabase): NodeJS.ProcessEnv => ({ LEDGER_DATABASE_URL: url });
  const importing = (target: TestDatabase, text: string, ...more: string[]): ReturnType<typeof runVerb> =>
    runVerb(['import', '-', ...more], { env: on(target), stdin: [Buffer.from(text)] });
  const whole = (part: readonly string[]): string => part.map(line => `${line}\n`).join('');
  const exported = async (from: TestDatabase, ...more: string[]): Promise<string[]> => (await runVerb(['export', ...more], { env: on(from) })).lines;

  beforeAll(async () => {
    source = await database();
    const service = await startService(readConfig({ LEDGER_DATABASE_URL: source.url, LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'silent' }, {}), { write: () => undefined });
    const scope = { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1' };
    const commands = Array.from({ length: 40 }, (_, index) => `mn-${index}@é.example`).flatMap(mobileNode => [
      { command: 'register-mobile-node', body: { ...scope, mobileNode: mobileNode.replace('é', 'e'), homeAgent: '192.0.2.1', homeAddress: '10.0.0.1', lifetimeSeconds: 65535 } },
      {
        command: 'configure-qos-session',
        idempotencyKey: `k-${encodeURIComponent(mobileNode)}`,
        body: { ...scope, mobileNode: mobileNode.replace('é', 'e'), flow: { correspondentNode: '203.0.113.9', protocol: 17, destinationPort: 5004, sourcePort: 4000 } },
      },
    ]);
    const body = commands.map(command => `${JSON.stringify(command)}\n`).join('');
    const answer = await fetch(`${service.url}/v1/batch`, { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson' } });
    expect((await answer.text()).match(/"status":201/g)?.length).toBe(80);
    lines = (await runVerb(['export', '--url', service.url])).lines;
    await service.close();
  }, 60_000);
  afterAll(() => Promise.all(databases.map(each => each.close())));

  it('a round trip is the same to the byte, through a server or at rest', async () => {
    expect(lines.length).toBeGreaterThan(150);
    expect(await exported(source)).toEqual(lines);
    const target = await database();
    const { code, lines: said } = await importing(target, whole(lines));
    expect([code, said]).toEqual([0, [`${lines.length} events imported, 0 were there already; the ledger ends at position ${lines.length}.`]]);
    expect(await exported(target)).toEqual(lines);
    expect(await exported(target, '--after', '90')).toEqual(lines.slice(90));
  });

  it('F31 goes on where it was cut, whole appends only, and compares what is there already', async () => {
    const target = await database();
    const text = Buffer.from(whole(lines));
    const cut = await importing(target, text.subarray(0, text.length / 2).toString());
    expect(cut.code).toBe(1);
    const half = await exported(target);
    expect(half).toEqual(lines.slice(0, half.length));
    expect(half.length).toBeGreaterThan(50);
    const again = await importing(target, `\ufeff${whole(lines).replaceAll('\n', '\r\n').trimEnd()}`, '--json');
    const report = { compared: half.length, imported: lines.length - half.length, position: String(lines.length) };
    expect([again.code, JSON.parse(again.lines[0]!)]).toEqual([0, report]);
    expect(await exported(target)).toEqual(lines);
  });

  it('refuses another origin, a gap and a bad line, each in a sentence that says where', async () => {
    const target = await database();
    const bad = await importing(target, whole([...lines.slice(0, 20), '{"position":"21"}', ...lines.slice(21)]));
    expect([bad.code, bad.errors[0]]).toEqual([1, expect.stringContaining('Line 21 is no event of an export.')]);
    const kept = await exported(target);
    expect(kept).toEqual(lines.slice(0, kept.length));
    const gap = await importing(target, whole(lines.slice(kept.length + 5)));
    expect([gap.code, gap.errors[0]]).toEqual([1, `The ledger ends at position ${kept.length}, and the input goes on with ${kept.length + 6}.`]);
    const other = await importing(target, whole(lines).replace('10.0.0.1', '10.0.0.2'));
    expect([other.code, other.errors[0]]).toEqual([1, expect.stringMatching(/^The event at position \d+ is another one in this ledger/)]);
    expect(await exported(target)).toEqual(kept);
  });

  it('a ledger that was filled so answers repeats and goes on', async () => {
    const target = await database();
    await importing(target, whole(lines));
    const service = await startService(readConfig({ LEDGER_DATABASE_URL: target.url, LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'silent' }, {}), { write: () => undefined });
    const mobileNode = 'mn-3@e.example';
    const flow = { correspondentNode: '203.0.113.9', protocol: 17, destinationPort: 5004, sourcePort: 4000 };
    const body = JSON.stringify({ foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', mobileNode, flow });
    const headers = { 'content-type': 'application/json', 'idempotency-key': `k-${encodeURIComponent('mn-3@é.example')}` };
    const repeat = await fetch(`${service.url}/v1/qos-sessions`, { method: 'POST', body, headers });
    expect([repeat.status, repeat.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    const refresh = await fetch(`${service.url}/v1/qos-sessions`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    expect([refresh.status, await refresh.json()]).toEqual([200, expect.objectContaining({ outcome: 'refreshed' })]);
    await service.close();
  });

  it('given the mirror of an EventStoreDB, imports nothing into it; an export of it goes on', async () => {
    const target = await database();
    const event = `array['another-1'], array[0], array[1000], array['00000000-0000-4000-8000-000000000001']::uuid[], array['Other'], array['{}'], array['{}']`;
    await target.pool.query(`select ledger.mirror(null, array[7], ${event})`);
    const mirrored = await exported(target);
    expect(mirrored).toHaveLength(1);
    const { code, errors } = await importing(target, whole(mirrored));
    expect([code, errors[0]]).toEqual([1, expect.stringContaining('is the mirror of an EventStoreDB')]);
    expect(await exported(target)).toEqual(mirrored);
  });

  it('given a server that runs on the database, imports nothing', async () => {
    const target = await database();
    const service = await startService(readConfig({ LEDGER_DATABASE_URL: target.url, LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'silent' }, {}), { write: () => undefined });
    const { code, errors } = await importing(target, whole(lines));
    await service.close();
    expect([code, errors[0]]).toEqual([1, expect.stringContaining('A server runs on this database.')]);
    expect(await exported(target)).toEqual([]);
    expect((await importing(target, whole(lines))).code).toBe(0);
  }, 60_000);

  it('given a position behind the end, an export at rest says where the ledger ends', async () => {
    const { code, errors, lines: none } = await runVerb(['export', '--after', '999999'], { env: on(source) });
    expect([code, errors[0], none]).toEqual([1, `The ledger ends at position ${lines.length}.`, []]);
    expect(await exported(source, '--after', String(lines.length))).toEqual([]);
  });

  it('given a writer that goes on, an export at rest ends where the ledger ended when it began', async () => {
    const target = await database();
    await importing(target, whole(lines));
    const store = new PostgresEventStore({ pool: target.pool, listen: async () => undefined });
    const head = jest.spyOn(PostgresEventStore.prototype, 'head').mockImplementationOnce(async () => {
      const end = await store.head();
      await store.append('another-1', 'no-stream', [{ id: randomUUID(), type: 'Other', data: '{}', metadata: '{}' }]);
      return end;
    });
    expect(await exported(target)).toEqual(lines);
    head.mockRestore();
    expect(await exported(target, '--after', String(lines.length))).toHaveLength(1);
    await store.close();
  });

  it('given a database without a ledger, export says so and makes none', async () => {
    const target = await database();
    await target.pool.query('drop schema ledger cascade');
    const none = await runVerb(['export'], { env: on(target) });
    expect([none.code, none.errors[0]]).toEqual([1, 'There is no ledger in this database.']);
    const { rows } = await target.pool.query(`select to_regnamespace('ledger') is null as "isAway"`);
    expect(rows).toEqual([{ isAway: true }]);
  });

  it('F31 given a line without an end, names that line', async () => {
    const target = await database();
    const endless = Array.from({ length: 17 }, () => Buffer.alloc(1024 * 1024, 'x'));
    const { code, errors } = await runVerb(['import', '-'], { env: on(target), stdin: [Buffer.from(whole(lines.slice(0, 2))), ...endless] });
    expect([code, errors[0]]).toEqual([1, 'Line 3 is no event of an export. It has more than 16777216 bytes.']);
  });

  it('F31 given a gap in the midst of the input, keeps the whole appends before it', async () => {
    const target = await database();
    const ends = lines.flatMap((line, index) => (ledgerEnds(line) ? [index + 1] : []));
    const before = ends.find(end => end >= 20)!;
    const gap = await importing(target, whole([...lines.slice(0, before), ...lines.slice(before + 1)]));
    expect([gap.code, gap.errors[0]]).toEqual([1, expect.stringContaining(`Line ${before + 1} is no event of an export. Its position is ${before + 2}, behind ${before}.`)]);
    expect(await exported(target)).toEqual(lines.slice(0, before));
    const back = lines[before + 4]!.replace(/"recordedAt":"\d{4}/, '"recordedAt":"1999');
    const fallen = await importing(target, whole([...lines.slice(0, before + 4), back]));
    expect([fallen.code, fallen.errors[0]]).toEqual([1, expect.stringContaining('Its time is before that of the line before it.')]);
    const skips = lines.map(line => line.replace(/"revision":"(\d+)"/, (_, revision: string) => `"revision":"${Number(revision) + (line === lines.at(-1) ? 1 : 0)}"`));
    const skipped = await importing(target, whole(skips));
    expect([skipped.code, skipped.errors[0]]).toEqual([1, expect.stringMatching(new RegExp(`^Line ${lines.length} is no event of an export. Its revision is`))]);
    const kept = await exported(target);
    expect(kept).toEqual(lines.slice(0, kept.length));
    expect(kept.length).toBeGreaterThan(before);
  });

  it('F31 given bytes that are no UTF-8, takes nothing in their place', async () => {
    const target = await database();
    const [first] = lines;
    const bytes = Buffer.from(`${first!.replace('"metadata":"', '"metadata":"#')}\n`);
    bytes[bytes.indexOf('#')] = 0xff;
    const { code, errors } = await runVerb(['import', '-'], { env: on(target), stdin: [bytes] });
    expect([code, errors[0]]).toEqual([1, 'Line 1 is no event of an export. It is not UTF-8.']);
    expect(await exported(target)).toEqual([]);
  });
});

/** Whether the append of this line ends with it. */
function ledgerEnds(line: string): boolean {
  const { revision, metadata } = JSON.parse(line) as { revision: string; metadata: string };
  return (JSON.parse(metadata) as { batchEnd: string }).batchEnd === revision;
}
