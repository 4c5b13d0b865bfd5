import { PostgresEventStore } from '#event-store';
import { listen } from '#postgres';
import { openTestDatabase } from '#postgres/testing';
import { admitted, at, configured, handoffStarted, legRefused, legsHeld, LogWriter, matchOf, released, type TestScope, uuidOf } from '#projections/testing';
import { readConfig, startService, type Service } from '#service';
import type { Handoff, HandoffRow } from '../handoff-rows';
import { runVerb } from '../run-verb.testing';

const old: TestScope = ['fa-1', '198.51.100.1'];
const next: TestScope = ['fa-2', '198.51.100.2'];
/** Nothing expires: the service that reads them has a clock of its own. */
const forEver = { refreshPeriodMs: 0, expiresAt: null, registrationExpiresAt: null } as const;
const moved = configured({ scope: old, session: 'moved', sourcePort: 4000, more: forEver });
const refused = configured({ scope: old, session: 'refused', sourcePort: 4001, more: forEver });
const rival = configured({ scope: next, session: 'rival', mobileNode: 'mn-2', sourcePort: 4000, more: forEver });
const started = handoffStarted({ handoff: 'h', from: [old], to: next, seconds: 10 });
const rolledBack = handoffStarted({ handoff: 'back', from: [next], to: old, seconds: 30, more: { cause: 'command', deadline: at(60) } });

/** What a handoff left in the ledger: one session that got a temporary id behind the new agent, and one that it refused. */
async function writeHandoffs(log: LogWriter): Promise<void> {
  const { handoffId, mobileNode } = started;
  const [oldStream, nextStream] = [await log.provision(...old, []), await log.provision(...next, [])];
  await log.append(nextStream, admitted('mn-2', { expiresAt: null }), rival);
  await log.append(oldStream, admitted('mn-1', { expiresAt: null }), moved, refused);
  await log.append('mobileNode-mn-1', started);
  await log.appendStep(handoffId, oldStream, legsHeld(started, [moved, refused], 10.002));
  const temporary = { field: 'sourcePort', value: 49152 } as const;
  const onward = configured({ scope: next, session: 'moved', sourcePort: 4000, seconds: 10.005, temporary, matched: [matchOf(rival)], more: { ...forEver, handoffId } });
  const refusal = legRefused(started, refused, 10.005, { detail: 'The pool 49152–49152 is taken.', matched: [matchOf(rival)], expiresAt: null });
  await log.appendStep(handoffId, nextStream, admitted('mn-1', { expiresAt: null, occurredAt: at(10.005) }), onward, refusal);
  const sessions = { configured: [moved.sessionId], degraded: [refused.sessionId] };
  await log.appendStep(handoffId, 'mobileNode-mn-1', { type: 'HandoffCommitted', handoffId, mobileNode, ...sessions, occurredAt: at(10.007) });
  const gone = [moved, refused].map((leg) => released(leg, 10.009, { cause: 'handoff' }));
  await log.appendStep(handoffId, oldStream, ...gone, { type: 'LegsUnheld', handoffId, mobileNode, outcome: 'committed', occurredAt: at(10.009) });
  await log.appendStep(handoffId, 'mobileNode-mn-1', { type: 'HandoffCompleted', handoffId, mobileNode, released: 2, orphaned: 0, gapMs: 0, occurredAt: at(10.011) });
  const late = { type: 'HandoffRolledBack', handoffId: rolledBack.handoffId, mobileNode, reason: 'deadline', detail: 'It was not committed in 30 s.', occurredAt: at(60) } as const;
  await log.append('mobileNode-mn-1', rolledBack);
  await log.appendStep(rolledBack.handoffId, 'mobileNode-mn-1', late);
}

describe('handoffs and handoff', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let service: Service;
  const run = (...argv: string[]): ReturnType<typeof runVerb> => runVerb([...argv, '--url', service.url]);

  beforeAll(async () => {
    database = await openTestDatabase();
    const store = new PostgresEventStore({ pool: database.pool, listen: (options) => listen(database.connection, options) });
    await writeHandoffs(new LogWriter(store));
    const position = await store.head();
    await store.close();
    service = await startService(readConfig({ LEDGER_DATABASE_URL: database.url, LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'silent' }, {}));
    expect((await fetch(`${service.url}/v1/handoffs?minPosition=${position}`)).status).toBe(200);
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });

  it('lists them, the newest first, of a node and in a state', async () => {
    const { code, lines } = await run('handoffs', '--mobile-node', 'mn-1');
    expect(code).toBe(0);
    expect(lines).toEqual([
      'handoff\tstarted\tmobile_node\tway\tkind\tstate\tsessions\tgap',
      `${rolledBack.handoffId}\t2026-01-01 00:00:30.000\tmn-1\tfa-2 → fa-1\tmake-before-break\trolled-back: deadline\t\t`,
      `${started.handoffId}\t2026-01-01 00:00:10.000\tmn-1\tfa-1 → fa-2\tmake-before-break\tcompleted\t1, 1 degraded\t0 ms`,
    ]);
    const json = (await run('handoffs', '--state', '!completed', '--json')).lines.map(line => JSON.parse(line) as HandoffRow);
    expect(json).toMatchObject([{ handoffId: rolledBack.handoffId, reason: 'deadline', to: { foreignAgent: 'fa-1' } }]);
  });

  it('tells one as a ladder: each step with its time, its stream and what it did, the legs, and what was lost', async () => {
    const { code, lines } = await run('handoff', started.handoffId);
    expect(code).toBe(0);
    const text = lines.join('\n');
    expect(text).toMatch(/^from +fa-1 \(198\.51\.100\.1\)$/m);
    expect(text).toMatch(/^ended +2026-01-01T00:00:10\.011Z, after 11 ms$/m);
    expect(lines.slice(lines.indexOf('position\ttime\tstream\tstep\twhat') + 1).slice(0, 9).map(line => line.split('\t').slice(1).join(' | '))).toEqual([
      '+0 ms | mn-1 | started | by an accepted registration; old legs are released',
      '+2 ms | fa-1@198.51.100.1 | held | 2 sessions; nothing new is configured here until the hold ends',
      '+5 ms | fa-2@198.51.100.2 | admitted | for ever',
      '+5 ms | fa-2@198.51.100.2 | configured | udp 192.0.2.9 4000 → 5004: source port 49152, as its own id is held by mn-2',
      '+5 ms | fa-2@198.51.100.2 | refused | udp 192.0.2.9 4001 → 5004: flow-id-pool-exhausted: The pool 49152–49152 is taken. Its own id is held by mn-2.',
      '+7 ms | mn-1 | committed | 1 session configured, 1 degraded; from here there is no way back',
      '+9 ms | fa-1@198.51.100.1 | released | udp 192.0.2.9 4000 → 5004: the node moved on',
      '+9 ms | fa-1@198.51.100.1 | released | udp 192.0.2.9 4001 → 5004: the node moved on',
      '+9 ms | fa-1@198.51.100.1 | hold ends | committed',
    ]);
    expect(lines).toContain(`${moved.sessionId}\tudp 192.0.2.9 4000 → 5004\tfa-1 native\tfa-2 source port 49152\tconfigured\t0 ms`);
    expect(lines).toContain(`${refused.sessionId}\tudp 192.0.2.9 4001 → 5004\tfa-1 native\tfa-2 none\tdegraded: flow-id-pool-exhausted\tsince 00:00:10`);
    expect(lines.at(-1)).toBe(
      'udp 192.0.2.9 4001 → 5004 lost its reservation at 2026-01-01T00:00:10.009Z: fa-2 refused it (flow-id-pool-exhausted). '
      + 'The pool 49152–49152 is taken. Its own id was held by mn-2. It has none yet.',
    );
  });

  it('tells why one was rolled back, and one as JSON', async () => {
    expect((await run('handoff', rolledBack.handoffId)).lines).toContain('state        rolled-back: deadline. It was not committed in 30 s.');
    const told = JSON.parse((await run('handoff', started.handoffId, '--json')).lines.join('\n')) as Handoff;
    expect(told.steps).toHaveLength(10);
    expect(told.legs.map(({ outcome }) => outcome)).toEqual(['configured', 'degraded']);
  });

  it('a session is told with the legs between which it went', async () => {
    const { lines } = await run('session', moved.sessionId);
    const legs = lines.slice(lines.findIndex(line => line.startsWith('care-of_address')) + 1, lines.findIndex(line => line.startsWith('position\t')) - 1);
    expect(legs.map(line => line.split('\t').slice(0, 4).concat(line.split('\t').slice(6)).join(' | '))).toEqual([
      '198.51.100.1 | fa-1 | native |  | ended: handoff |  | ',
      `198.51.100.2 | fa-2 | source port 49152 | mn-2 | live | 0 ms | ${started.handoffId}`,
    ]);
    expect((await run('sessions', '--state', 'degraded')).lines[1]).toContain('\tnone\tdegraded');
  });

  it('refuses an id that is none and one that is unknown with a sentence', async () => {
    expect(await run('handoff', 'nonsense')).toMatchObject({ code: 2, lines: [], errors: expect.arrayContaining([expect.stringContaining('It must be a UUID')]) as string[] });
    expect(await run('handoff', uuidOf('nobody'))).toMatchObject({ code: 1, lines: [], errors: [expect.stringContaining('No handoff has the id')] });
  });
});
