import { Client } from 'pg';
import { collect, follow, newEvent, newEvents, newStream, positions } from './contract-ledger.testing';
import { AppendRefused, EventStoreUnavailable, OutcomeUnknown } from './event-store';
import { PostgresEventStore } from './postgres-event-store';
import { openTestLedger, type TestLedger } from './postgres-ledger.testing';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const rawAppend = `select ledger.append(array[$1::text], array[-1::bigint], array[1], array[0], array[1], array[gen_random_uuid()], array['Held'], array['{}'], array['{}'])`;

describe('PostgresEventStore under faults', () => {
  let ledger: TestLedger;
  let store: PostgresEventStore;
  const clients: Client[] = [];
  const connect = async (): Promise<Client> => {
    const client = new Client(ledger.connection);
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    ledger = await openTestLedger();
    store = new PostgresEventStore(ledger);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end();
  });
  afterAll(async () => {
    await store.close();
    await ledger.drop();
  });

  it('F16 never skips a lower position whose transaction is still open', async () => {
    const head = await store.head();
    const seen = follow(store, head, 11);
    const writer = await connect();
    await writer.query('begin');
    await writer.query(rawAppend, [newStream()]);
    const appends = Array.from({ length: 10 }, () => store.append(newStream(), 'no-stream', newEvents(1)));
    await pause(400);
    expect(await store.head()).toBe(head);
    await writer.query('commit');
    expect((await Promise.all(appends)).map(({ outcome }) => outcome)).toEqual(Array.from({ length: 10 }, () => 'appended'));
    const events = await seen;
    expect(positions(events)).toEqual(Array.from({ length: 11 }, (_, index) => head + BigInt(index + 1)));
    expect(events[0]!.type).toBe('Held');
  });

  it('F16 refuses a transaction whose snapshot is older than its lock', async () => {
    const writer = await connect();
    await writer.query('begin isolation level repeatable read');
    await expect(writer.query(rawAppend, [newStream()])).rejects.toMatchObject({ code: '25000' });
    await writer.query('rollback');
    await writer.query(`set synchronous_commit = off`);
    await writer.query('begin');
    await writer.query(rawAppend, [newStream()]);
    expect((await writer.query<{ synchronous_commit: string }>('show synchronous_commit')).rows[0]!.synchronous_commit).toBe('on');
    await writer.query('rollback');
  });

  it('goes on when a writer that sleeps in its transaction is ended by the server', async () => {
    const head = await store.head();
    const writer = await connect();
    await writer.query(`set idle_in_transaction_session_timeout = '200ms'`);
    await writer.query('begin');
    await writer.query(rawAppend, [newStream()]);
    expect(await store.append(newStream(), 'no-stream', newEvents(1))).toMatchObject({ outcome: 'appended', position: head + 1n });
  });

  it('says that nothing was written when the log stays locked', async () => {
    const writer = await connect();
    await writer.query('begin');
    await writer.query(rawAppend, [newStream()]);
    const stream = newStream();
    await expect(store.append(stream, 'no-stream', newEvents(1))).rejects.toThrow(EventStoreUnavailable);
    await writer.query('rollback');
    expect(await store.streamRevision(stream)).toBe('no-stream');
  });

  it('F8 does not wait for a server that says nothing: the outcome is unknown, what waits behind is refused, and a repeat settles it', async () => {
    const impatient = new PostgresEventStore({ ...ledger, timeoutMs: 300 });
    const writer = await connect();
    await writer.query('begin');
    await writer.query(rawAppend, [newStream()]);
    const stream = newStream();
    const events = newEvents(2);
    const lost = impatient.append(stream, 'no-stream', events);
    await pause(100);
    const behind = impatient.append(newStream(), 'no-stream', newEvents(1));
    const [lostError, behindError] = await Promise.all([lost.catch((error: Error) => error), behind.catch((error: Error) => error)]);
    expect(lostError).toBeInstanceOf(OutcomeUnknown);
    expect(behindError).toBeInstanceOf(EventStoreUnavailable);
    await writer.query('rollback');
    expect(await impatient.append(stream, 'no-stream', events)).toMatchObject({ outcome: 'appended', revision: 1n });
    await pause(200);
    expect((await collect(store.readStream(stream))).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    await impatient.close();
  });

  it('F9 tells a connection that ended under an append from a refusal, and settles it by the same ids', async () => {
    const writer = await connect();
    await writer.query('begin');
    await writer.query(rawAppend, [newStream()]);
    const stream = newStream();
    const events = newEvents(1);
    const lost = store.append(stream, 'no-stream', events).catch((error: Error) => error);
    await pause(200);
    const ended = await writer.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%ledger.append%' and pid <> pg_backend_pid()`);
    expect(ended.rowCount).toBe(1);
    expect(await lost).toBeInstanceOf(OutcomeUnknown);
    await writer.query('rollback');
    expect(await store.append(stream, 'no-stream', events)).toMatchObject({ outcome: 'appended', revision: 0n });
    expect(await store.append(stream, 'no-stream', events)).toMatchObject({ outcome: 'appended', revision: 0n });
  });

  it.each([
    ['F7 a full disk', '53100'],
    ['a statement time-out', '57014'],
    ['a server that only reads', '25006'],
  ])('%s: nothing was written, and it goes on afterwards', async (_, sqlState) => {
    const owner = await connect();
    await owner.query(`create function ledger.fail() returns trigger language plpgsql as $$ begin raise exception 'injected' using errcode = '${sqlState}'; end $$`);
    await owner.query('create trigger fail before insert on ledger.events for each statement execute function ledger.fail()');
    const stream = newStream();
    const head = await store.head();
    const events = newEvents(1);
    await expect(store.append(stream, 'no-stream', events)).rejects.toThrow(EventStoreUnavailable);
    expect(await collect(store.readAll({ after: head }))).toEqual([]);
    await owner.query('drop function ledger.fail() cascade');
    expect(await store.append(stream, 'no-stream', events)).toMatchObject({ outcome: 'appended', position: head + 1n });
  });

  it('refuses the append that is at fault, not those that share its batch', async () => {
    const owner = await connect();
    await owner.query(`create function ledger.fail() returns trigger language plpgsql as
      $$ begin if new.type = 'Faulty' then raise exception 'injected' using errcode = '22021'; end if; return new; end $$`);
    await owner.query('create trigger fail before insert on ledger.events for each row execute function ledger.fail()');
    const head = await store.head();
    const answers = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) => store.append(newStream(), 'no-stream', [newEvent({ type: index === 2 ? 'Faulty' : 'Good' })])),
    );
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((answers[2] as PromiseRejectedResult).reason).toBeInstanceOf(AppendRefused);
    expect(positions(await collect(store.readAll({ after: head })))).toEqual([1n, 2n, 3n, 4n].map((n) => head + n));
    await owner.query('drop function ledger.fail() cascade');
  });

  it('F8 refuses within its time-out when no connection is to be had, and leaks none', async () => {
    const impatient = new PostgresEventStore({ ...ledger, timeoutMs: 200 });
    const taken = await Promise.all(Array.from({ length: ledger.pool.options.max }, () => ledger.pool.connect()));
    await expect(impatient.append(newStream(), 'no-stream', newEvents(1))).rejects.toThrow(EventStoreUnavailable);
    await expect(impatient.head()).rejects.toThrow(EventStoreUnavailable);
    for (const client of taken) client.release();
    await impatient.append(newStream(), 'no-stream', newEvents(1));
    await pause(50);
    expect(ledger.pool.waitingCount).toBe(0);
    expect(ledger.pool.idleCount).toBe(ledger.pool.totalCount);
    await impatient.close();
  });

  it('follows on when the connection that listens is lost', async () => {
    const head = await store.head();
    const quick = new PostgresEventStore({ ...ledger, pollMs: 200 });
    const seen = follow(quick, head, 3);
    await quick.append(newStream(), 'no-stream', newEvents(1));
    await pause(100);
    const owner = await connect();
    const ended = await owner.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'`);
    expect(ended.rowCount).toBeGreaterThan(0);
    await quick.append(newStream(), 'no-stream', newEvents(1));
    await pause(300);
    await quick.append(newStream(), 'no-stream', newEvents(1));
    expect(positions(await seen)).toEqual([head + 1n, head + 2n, head + 3n]);
    await quick.close();
  });

  it('F14 records times that never fall, also when the clock steps back', async () => {
    const owner = await connect();
    const future = '2100-01-01T00:00:00.000Z';
    const head = await store.head();
    await owner.query(`insert into ledger.events values ($1, 0, '${future}', gen_random_uuid(), $2, 'T', '{}', '{}')`, [head + 1n, newStream()]);
    await store.append(newStream(), 'no-stream', newEvents(2));
    expect((await collect(store.readAll({ after: head }))).map(({ recordedAt }) => recordedAt)).toEqual([future, future, future]);
  });

  it.each(['update ledger.events set data = data', 'delete from ledger.events', 'truncate ledger.events'])('F39 refuses: %s', async (statement) => {
    const owner = await connect();
    await expect(owner.query(statement)).rejects.toMatchObject({ code: '42501' });
    await owner.query('set session_replication_role = replica');
    await expect(owner.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('F39 lets a role that may append and read do nothing else', async () => {
    const owner = await connect();
    const role = `appender_${process.pid}`;
    await owner.query(`create role ${role}`);
    await owner.query(`grant usage on schema ledger to ${role}`);
    await owner.query(`grant execute on function ledger.append, ledger.append_behind, ledger.page to ${role}`);
    await owner.query(`grant select on ledger.events to ${role}`);
    await owner.query(`set role ${role}`);
    const stream = newStream();
    await owner.query(rawAppend, [stream]);
    await owner.query(rawAppend.replace('append(', 'append_behind(null, null, '), [newStream()]);
    const { rows } = await owner.query<{ in_stream: string }>('select in_stream from ledger.page($1, null, null, false, -1, 10, 1000)', [stream]);
    expect(rows).toEqual([{ in_stream: stream }]);
    for (const statement of [
      `insert into ledger.events values (1000000, 0, now(), gen_random_uuid(), 'a', 't', '{}', '{}')`,
      'update ledger.events set data = data',
      'delete from ledger.events',
      'truncate ledger.events',
      'alter table ledger.events disable trigger append_only',
    ]) {
      await expect(owner.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
    await owner.query('reset role');
    await owner.query(`drop owned by ${role}`);
    await owner.query(`drop role ${role}`);
  });
});
