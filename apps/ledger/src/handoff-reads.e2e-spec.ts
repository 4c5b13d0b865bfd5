import { PostgresEventStore } from '#event-store';
import { listen, openPool } from '#postgres';
import { admitted, at, configured, handoffStarted, legRefused, legsHeld, LogWriter, matchOf, type TestScope, uuidOf } from '#projections/testing';
import { startTestService, type TestService } from './service.testing';

const old: TestScope = ['fa-1', '198.51.100.1'];
const next: TestScope = ['fa-2', '198.51.100.2'];
/** Nothing expires: the service has a clock of its own. */
const forEver = { refreshPeriodMs: 0, expiresAt: null, registrationExpiresAt: null } as const;
const moved = configured({ scope: old, session: 'moved', sourcePort: 4000, more: forEver });
const refused = configured({ scope: old, session: 'refused', sourcePort: 4001, more: forEver });
const rival = configured({ scope: next, session: 'rival', mobileNode: 'mn-2', sourcePort: 4000, more: forEver });
// Superseded by the next one before it was over: nothing is left for the process to do.
const started = handoffStarted({ handoff: 'h', from: [old], to: next, seconds: 10 });
const { handoffId, mobileNode } = started;

async function writeHandoff(log: LogWriter): Promise<bigint> {
  const [oldStream, nextStream] = [await log.provision(...old, []), await log.provision(...next, [])];
  await log.append(nextStream, admitted('mn-2', { expiresAt: null }), rival);
  await log.append(oldStream, admitted('mn-1', { expiresAt: null }), moved, refused);
  await log.append('mobileNode-mn-1', started);
  await log.appendStep(handoffId, oldStream, legsHeld(started, [moved, refused], 10));
  const temporary = { field: 'sourcePort', value: 49152 } as const;
  const onward = configured({ scope: next, session: 'moved', sourcePort: 4000, seconds: 11, temporary, matched: [matchOf(rival)], more: { ...forEver, handoffId } });
  const refusal = legRefused(started, refused, 11, { matched: [matchOf(rival)], expiresAt: null });
  await log.appendStep(handoffId, nextStream, admitted('mn-1', { expiresAt: null }), onward, refusal);
  await log.appendStep(handoffId, oldStream, { type: 'LegsUnheld', handoffId, mobileNode, outcome: 'superseded', occurredAt: at(12) });
  return log.append('mobileNode-mn-1', { type: 'HandoffSuperseded', handoffId, mobileNode, by: uuidOf('later'), committed: false, occurredAt: at(12) });
}

/** Every answer is held to its description by `call`. */
describe('handoffs, as read over HTTP', () => {
  let service: TestService;
  let position: bigint;

  beforeAll(async () => {
    service = await startTestService({ LEDGER_EVENT_STORE: 'postgres' });
    const pool = openPool(service.databaseUrl);
    const store = new PostgresEventStore({ pool, listen: (options) => listen(service.databaseUrl, options) });
    position = await writeHandoff(new LogWriter(store));
    await store.close();
    await pool.end();
  });
  afterAll(() => service.close());

  it('one has its steps and legs, with a tag', async () => {
    const { status, headers, body } = await service.call('GET', `/v1/handoffs/${handoffId.toUpperCase()}?minPosition=${position}`);
    expect([status, headers.get('etag'), headers.get('ledger-position')]).toEqual([200, expect.any(String), body.position]);
    expect(body).toMatchObject({ state: 'superseded', supersededBy: uuidOf('later'), steps: { length: 7 }, legs: [{ outcome: 'configured' }, { outcome: 'degraded' }] });
  });

  it('are listed as JSON, lines and CSV, and filtered by any column', async () => {
    const list = await service.call('GET', '/v1/handoffs?mobileNode=mn-1&toForeignAgent=fa-2&sort=-startedAt');
    expect(list.body.items).toMatchObject([{ handoffId, to: { careOfAddress: '198.51.100.2' } }]);
    expect((await service.call('GET', '/v1/handoffs?state=started')).body.items).toEqual([]);
    expect((await service.call('GET', '/v1/handoffs?nothing=1')).status).toBe(400);
    const csv = await service.call('GET', '/v1/handoffs', { headers: { accept: 'text/csv' } });
    expect(csv.body.split('\n')[0]).toMatch(/^handoffId,mobileNode,kind,cause,state,from,to,/);
    const lines = await service.call('GET', '/v1/handoffs', { headers: { accept: 'application/x-ndjson' } });
    expect(JSON.parse(lines.body.trim())).toMatchObject({ handoffId });
  });

  it('a session, an agent and a flow table show what it made', async () => {
    const { body } = await service.call('GET', `/v1/qos-sessions/${refused.sessionId}`);
    expect(body.legs).toMatchObject([{ foreignAgent: 'fa-1', state: 'live' }, { foreignAgent: 'fa-2', state: 'degraded', effective: null, handoffId }]);
    expect((await service.call('GET', '/v1/foreign-agents/fa-2')).body.counts).toMatchObject({ degraded: 1, temporary: 1 });
    const table = await service.call('GET', '/v1/foreign-agents/fa-2/flow-table?state=degraded');
    expect(table.body.items).toMatchObject([{ sessionId: refused.sessionId, effective: null }]);
    expect((await service.call('GET', `/v1/qos-sessions/${refused.sessionId}/history`)).body.items).toHaveLength(3);
  });

  it('refuses an id that is none, and one that is unknown', async () => {
    expect((await service.call('GET', '/v1/handoffs/nonsense')).status).toBe(400);
    expect((await service.call('GET', `/v1/handoffs/${uuidOf('nobody')}`)).status).toBe(404);
  });
});
