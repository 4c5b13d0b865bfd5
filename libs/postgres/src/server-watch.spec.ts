import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { isServerAway } from './server-away';
import { ServerSilent, ServerWatch } from './server-watch';
import { openPool } from './pool';
import { openTestDatabase, type TestDatabase } from './test-database.testing';

/** A network that can swallow everything: connections stay open, nothing comes through. */
class BlackHole {
  swallows = false;
  private readonly sockets = new Set<net.Socket>();
  private readonly server = net.createServer((near) => {
    const far = net.connect(this.target);
    this.sockets.add(near).add(far);
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.on('data', (bytes) => this.swallows || to.write(bytes));
      from.on('close', () => this.swallows || to.destroy());
      from.on('error', () => undefined);
    }
  });

  constructor(private readonly target: net.NetConnectOpts) {}

  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as net.AddressInfo).port;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

describe('many listeners on the session of the watch', () => {
  it('each hears its channels, is told when that listens, and again after it was lost', async () => {
    const database = await openTestDatabase({ migrated: false });
    const watch = new ServerWatch(database.connection, { channels: ['one', 'two'] });
    const stop = new AbortController();
    const heard: string[] = [];
    const hear = (name: string, channel: string): Promise<void> =>
      watch.listen({
        channels: [channel], onNotify: (_, payload) => heard.push(`${name} ${payload}`), onListening: () => heard.push(`${name} listens`),
        onLost: () => heard.push(`${name} lost`), signal: stop.signal,
      });
    const until = async (...lines: readonly string[]): Promise<void> => {
      while (heard.length < lines.length) await delay(5);
      expect(heard.splice(0)).toEqual(lines);
    };
    const early = hear('early', 'one');
    await until('early listens');
    const late = hear('late', 'two');
    await until('late listens');
    await database.pool.query(`select pg_notify('one', '1'), pg_notify('two', '2')`);
    await until('early 1', 'late 2');
    await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'qos-ledger-watch' and datname = current_database()`);
    await until('early lost', 'late lost', 'early listens', 'late listens');
    await database.pool.query(`select pg_notify('two', '3')`);
    await until('late 3');
    stop.abort();
    await Promise.all([early, late]);
    await database.pool.query(`select pg_notify('two', '4')`);
    await watch.stop();
    expect(heard).toEqual([]);
    await database.close();
  });
});

describe('a server behind a black hole', () => {
  let database: TestDatabase;
  let hole: BlackHole;
  let watch: ServerWatch;
  const heard: string[] = [];
  /** Never connected: it tells what its target comes to. */
  const client = () => new pg.Client(database.connection) as pg.Client & { user: string; password: string };
  beforeAll(async () => {
    database = await openTestDatabase({ migrated: false });
    const { host, port } = client();
    hole = new BlackHole(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  });
  afterAll(async () => {
    await watch.stop();
    hole.close();
    await database.close();
  });

  it('F8 cuts off what waits, refuses what comes, holds no session, and lets all through again at the first answer', async () => {
    const { user, password } = client();
    const target = { host: '127.0.0.1', port: await hole.open(), user, password, database: database.databaseName };
    watch = new ServerWatch(target, { everyMs: 100, answerMs: 1_500, onAway: () => heard.push('away'), onBack: () => heard.push('back') });
    const pool = openPool(target, { max: 2, watch, connectTimeoutMs: 1_000 });
    expect((await pool.query('select 1')).rowCount).toBe(1);
    hole.swallows = true;
    const waiting = await Promise.allSettled([pool.query('select 1'), pool.query('select 2')]);
    expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(waiting.map((answer) => isServerAway((answer as PromiseRejectedResult).reason))).toEqual([true, true]);
    expect(watch.away).toBe(true);
    await expect(pool.query('select 3')).rejects.toThrow(ServerSilent);
    await expect(pool.connect()).rejects.toThrow(ServerSilent);
    while (pool.totalCount > 0) await delay(20);
    expect(pool.waitingCount).toBe(0);
    hole.swallows = false;
    while (watch.away) await delay(20);
    expect((await pool.query('select 4')).rowCount).toBe(1);
    expect(heard).toEqual(['away', 'back']);
    await pool.end();
  });
});
