import { randomUUID } from 'node:crypto';
import { EventStoreDbDouble, testEventStore, withOwnStreams } from '#event-store/testing';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { readConfig, startService } from '#service';
import { runVerb } from '../run-verb.testing';

describe('import into EventStoreDB', () => {
  const databases: TestDatabase[] = [];
  let double: EventStoreDbDouble;
  let lines: string[];

  const database = async (): Promise<TestDatabase> => {
    const made = await openTestDatabase({ max: 1 });
    databases.push(made);
    return made;
  };
  /** Of nobody else, on a node that others use as well. */
  const ownStreams = (): string => testEventStore() ?? withOwnStreams(double.connectionString);
  const on = (target: TestDatabase, eventStore = 'postgres'): NodeJS.ProcessEnv => ({ LEDGER_DATABASE_URL: target.url, LEDGER_EVENT_STORE: eventStore });
  const importing = (env: NodeJS.ProcessEnv, part: readonly string[], ...more: string[]): ReturnType<typeof runVerb> =>
    runVerb(['import', '-', ...more], { env, stdin: [Buffer.from(part.map(line => `${line}\n`).join(''))] });
  const exported = async (env: NodeJS.ProcessEnv, ...more: string[]): Promise<string[]> => (await runVerb(['export', ...more], { env })).lines;
  const served = (env: NodeJS.ProcessEnv): ReturnType<typeof startService> =>
    startService(readConfig({ ...env, LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'silent' }, {}), { write: () => undefined });

  beforeAll(async () => {
    double = await new EventStoreDbDouble().start();
    double.log.append('order-1', null, [{ id: randomUUID(), type: 'OrderPlaced', contentType: 'application/json', data: Buffer.from('{}'), metadata: Buffer.alloc(0) }]);
    const source = await database();
    const service = await served(on(source));
    const scope = { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1' };
    const flow = { correspondentNode: '203.0.113.9', protocol: 17, destinationPort: 5004, sourcePort: 4000 };
    const commands = Array.from({ length: 40 }, (_, index) => `mn-${index}`).flatMap(mobileNode => [
      { command: 'register-mobile-node', body: { ...scope, mobileNode, homeAgent: '192.0.2.1', homeAddress: '10.0.0.1', lifetimeSeconds: 65535 } },
      { command: 'configure-qos-session', idempotencyKey: `k-${mobileNode}`, body: { ...scope, mobileNode, flow } },
    ]);
    const answer = await fetch(`${service.url}/v1/batch`, {
      method: 'POST', body: commands.map(command => `${JSON.stringify(command)}\n`).join(''), headers: { 'content-type': 'application/x-ndjson' },
    });
    expect((await answer.text()).match(/"status":201/g)?.length).toBe(80);
    lines = (await runVerb(['export', '--url', service.url])).lines;
    await service.close();
  }, 60_000);
  afterAll(async () => {
    double.stop();
    await Promise.all(databases.map(each => each.close()));
  });

  it('PostgreSQL, file, EventStoreDB, mirror, file: the same to the byte, in each mirror that is made', async () => {
    const eventStore = ownStreams();
    const target = await database();
    const { code, lines: said, errors } = await importing(on(target, eventStore), lines);
    expect([code, said, errors]).toEqual([0, [`${lines.length} events imported, 0 were there already; the ledger ends at position ${lines.length}.`], []]);
    expect(await exported(on(target))).toEqual(lines);
    expect(await exported(on(await database(), eventStore))).toEqual(lines);
    expect(await exported(on(target, eventStore), '--after', '90')).toEqual(lines.slice(90));
    const back = await database();
    expect((await importing(on(back), await exported(on(target)))).code).toBe(0);
    expect(await exported(on(back))).toEqual(lines);
  }, 60_000);

  it('F31 goes on where it was cut, also with a mirror that is new, and compares what is there already', async () => {
    const eventStore = ownStreams();
    const cut = await importing(on(await database(), eventStore), [...lines.slice(0, 100), 'cut']);
    expect([cut.code, cut.errors[0]]).toEqual([1, expect.stringContaining('Line 101 is no event of an export.')]);
    const target = await database();
    const half = await exported(on(target, eventStore));
    expect(half).toEqual(lines.slice(0, half.length));
    expect(half.length).toBeGreaterThan(90);
    const again = await importing(on(target, eventStore), lines, '--json');
    const report = (compared: number): object => ({ compared, imported: lines.length - compared, position: String(lines.length) });
    expect([again.code, JSON.parse(again.lines[0]!)]).toEqual([0, report(half.length)]);
    const nothing = await importing(on(target, eventStore), lines, '--json');
    expect([nothing.code, JSON.parse(nothing.lines[0]!)]).toEqual([0, report(lines.length)]);
    expect(await exported(on(target))).toEqual(lines);
  }, 60_000);

  it('a ledger that was filled so answers repeats, shows the times of then and goes on', async () => {
    const eventStore = ownStreams();
    const target = await database();
    await importing(on(target, eventStore), lines);
    const service = await served(on(target, eventStore));
    const flow = { correspondentNode: '203.0.113.9', protocol: 17, destinationPort: 5004, sourcePort: 4000 };
    const body = JSON.stringify({ foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', mobileNode: 'mn-3', flow });
    const repeat = await fetch(`${service.url}/v1/qos-sessions`, { method: 'POST', body, headers: { 'content-type': 'application/json', 'idempotency-key': 'k-mn-3' } });
    expect([repeat.status, repeat.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    const other = body.replace('5004', '5005');
    const configured = await fetch(`${service.url}/v1/qos-sessions`, { method: 'POST', body: other, headers: { 'content-type': 'application/json' } });
    expect(configured.status).toBe(201);
    const { lines: after } = await runVerb(['export', '--url', service.url]);
    await service.close();
    expect(after.slice(0, lines.length)).toEqual(lines);
    expect(after.length).toBeGreaterThan(lines.length);
    const older = await importing(on(target, eventStore), lines);
    expect([older.code, older.lines[0]]).toEqual([0, `0 events imported, ${lines.length} were there already; the ledger ends at position ${after.length}.`]);
  }, 60_000);

  it('given streams that hold another ledger, or other programs without streams of the ledger\'s own, refuses and writes nothing', async () => {
    const eventStore = ownStreams();
    const there = lines.map(line => line.replaceAll('10.0.0.1', '10.0.0.2'));
    await importing(on(await database(), eventStore), there.slice(0, 20));
    const target = await database();
    const other = await importing(on(target, eventStore), lines);
    expect([other.code, other.errors]).toEqual([1, [
      expect.stringMatching(/^The event at position \d+ is another one in this ledger: they are not of one origin/), '  The ledger ends at position 20.', expect.stringContaining('streamPrefix'),
    ]]);
    const tail = await importing(on(target, eventStore), there.slice(20));
    expect([tail.code, tail.errors[0]]).toEqual([1, 'EventStoreDB holds 20 events of this ledger: only the whole input that they came from, from position 1 on, goes on there.']);
    expect(await exported(on(target))).toEqual(there.slice(0, 20));
    const shared = await importing(on(await database(), double.connectionString), lines);
    expect([shared.code, shared.errors.at(-1)]).toEqual([1, expect.stringContaining('streamPrefix')]);
    expect(double.log.stream('foreignAgents')).toEqual([]);
  }, 60_000);

  it('given a database that holds a log of its own, or a node that is away, says so and imports nothing', async () => {
    const target = await database();
    await importing(on(target), lines);
    const own = await importing(on(target, ownStreams()), lines);
    expect([own.code, own.errors[0]]).toEqual([1, expect.stringContaining('was appended to PostgreSQL itself')]);
    const away = await importing(on(await database(), 'esdb://127.0.0.1:1?tls=false'), lines);
    expect([away.code, away.errors.at(-1)]).toEqual([3, expect.stringContaining('The ledger does not open: ')]);
  }, 60_000);
});
