import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { runChild } from './child-process.testing';
import { openCluster } from './cluster';
import { DataDirectoryInUse } from './data-directory-lock';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres';
import { isAlive } from './process-identity';

// Clusters are made from nothing here, which a busy machine does in ten seconds and an idle one in one.
jest.setTimeout(90_000);

const asRoot = process.getuid?.() === 0;
const major = '18';

/** One question in a session of its own. */
async function ask(server: EmbeddedPostgres, text: string): Promise<unknown> {
  const client = new pg.Client({ ...server.connection, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !(await holds()); ) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the embedded PostgreSQL', () => {
  let dataDir: string;
  let server: EmbeddedPostgres | undefined;
  beforeEach(() => {
    dataDir = path.join(fs.mkdtempSync('/tmp/ledger-embedded-'), 'data');
    fs.chmodSync(path.dirname(dataDir), 0o755);
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    fs.rmSync(path.dirname(dataDir), { recursive: true, force: true });
  });
  const start = async (): Promise<EmbeddedPostgres> => (server = await startEmbeddedPostgres({ dataDir }));
  const serveInChild = `const server = await room.startEmbeddedPostgres({ dataDir: DIR, settings: { fsync: 'off' } }); say('ready ' + server.pid());`;
  const child = (code: string, options = {}) => runChild(code.replaceAll('DIR', JSON.stringify(dataDir)), options);

  it('is durable, is reached by its socket alone, and keeps its data from start to start', async () => {
    await start();
    for (const name of ['fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums']) {
      expect([name, await ask(server!, `show ${name}`)]).toEqual([name, 'on']);
    }
    expect(await ask(server!, 'show listen_addresses')).toBe('');
    expect(fs.statSync(server!.socketDirectory).mode & 0o777).toBe(0o700);
    await expect(ask({ ...server!, connection: { ...server!.connection, password: 'guess' } }, 'select 1')).rejects.toThrow('password');
    await ask(server!, 'create table kept as select 42 as value');
    const { socketDirectory } = server!;
    await server!.stop();
    await server!.exited;
    expect(fs.existsSync(socketDirectory)).toBe(false);
    await start();
    expect(await ask(server!, 'select value from kept')).toBe(42);
  });

  it('F6 a second ledger on the data directory is refused and the first unaffected', async () => {
    await start();
    server!.publishUrl('http://127.0.0.1:7434');
    const pid = server!.pid();
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(`process id ${process.pid}, which answers at http://127.0.0.1:7434`);
    expect(await ask(server!, 'select 1')).toBe(1);
    expect(server!.pid()).toBe(pid);
  });

  it('F6 of two first starts at once one makes the cluster and the other is refused', async () => {
    const [first, second] = await Promise.allSettled([startEmbeddedPostgres({ dataDir }), startEmbeddedPostgres({ dataDir })]);
    const started = [first, second].flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    server = started[0];
    expect(started).toHaveLength(1);
    expect([first, second].flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))[0]).toBeInstanceOf(DataDirectoryInUse);
    expect(await ask(server!, 'select 1')).toBe(1);
  });

  it('F4 killed inside initdb, the next start completes', async () => {
    const killed = child(serveInChild);
    const home = path.join(dataDir, 'postgres');
    await until(() => fs.existsSync(home) && fs.readdirSync(home).some((name) => name.includes('.initdb-') && fs.existsSync(path.join(home, name, 'base'))));
    killed.process.kill('SIGKILL');
    await killed.ended();
    expect(fs.existsSync(path.join(home, major))).toBe(false);
    await start();
    expect(await ask(server!, 'select 1')).toBe(1);
  });

  it('F5 a postmaster whose ledger was killed is stopped and started anew, with everything that was committed', async () => {
    const killed = child(`${serveInChild}
      const pool = room.openPool({ ...server.connection }); await pool.query('create table kept as select 42 as value'); say('written');`);
    const orphan = Number((await killed.line()).split(' ')[1]);
    expect(await killed.line()).toBe('written');
    killed.process.kill('SIGKILL');
    await killed.ended();
    expect(isAlive(orphan)).toBe(true);
    await start();
    expect(isAlive(orphan)).toBe(false);
    expect(await ask(server!, 'select value from kept')).toBe(42);
  });

  it('F2 F5 a postmaster that was killed is started again on the same connection', async () => {
    await start();
    await ask(server!, 'create table kept as select 42 as value');
    const killed = server!.pid();
    process.kill(killed, 'SIGKILL');
    await until(() => server!.pid() !== killed);
    expect(await ask(server!, 'select value from kept')).toBe(42);
  });

  it.each(['zombie', 'stranger'])('F5 a postmaster.pid that names a %s does not stop the start', async (kind) => {
    await start();
    await server!.stop();
    const parent = spawn('/bin/sh', ['-c', kind === 'zombie' ? 'true & echo $!; exec sleep 60' : 'echo $$; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    const cluster = path.join(dataDir, 'postgres', major);
    fs.writeFileSync(path.join(cluster, 'postmaster.pid'), `${pid.toString().trim()}\n${cluster}\n1\n5432\n/tmp\n\n\n`);
    await start();
    expect(await ask(server!, 'select 1')).toBe(1);
    expect(kind === 'zombie' || isAlive(Number(pid.toString()))).toBe(true);
    parent.kill();
  });

  it('ends with a process that ends without stopping it', async () => {
    const careless = child(`${serveInChild} process.exit(0);`);
    const pid = Number((await careless.line()).split(' ')[1]);
    expect(await careless.ended()).toBe(0);
    await until(() => !isAlive(pid));
    await start();
    expect(await ask(server!, 'select 1')).toBe(1);
  });

  // Run by an ordinary user, every test of this file is this one.
  (asRoot ? it : it.skip)('works for an ordinary user', async () => {
    const nobody = { uid: 65534, gid: 65534 };
    fs.chownSync(path.dirname(dataDir), nobody.uid, nobody.gid);
    const ordinary = child(`${serveInChild} await server.stop(); say('stopped');`, nobody);
    expect(await ordinary.line()).toMatch(/^ready \d+$/);
    expect(await ordinary.line()).toBe('stopped');
    expect(fs.statSync(dataDir).uid).toBe(nobody.uid);
  });

  // Only root has a second account to care for.
  (asRoot ? it : it.skip)('as root with a data directory that PostgreSQL cannot reach, keeps the cluster elsewhere and says so', async () => {
    fs.chmodSync(path.dirname(dataDir), 0o700);
    fs.mkdirSync(dataDir);
    const elsewhere = fs.mkdtempSync('/tmp/ledger-elsewhere-');
    fs.chmodSync(elsewhere, 0o711);
    const lines: string[] = [];
    const made = await openCluster(dataDir, (line) => lines.push(line), elsewhere);
    expect(path.dirname(path.dirname(made.directory))).toBe(elsewhere);
    expect(lines.join()).toContain(`cannot reach ${dataDir}; its files are kept in ${elsewhere}`);
    expect((await openCluster(dataDir, () => undefined, elsewhere)).directory).toBe(made.directory);
    const copy = `${dataDir}-copy`;
    fs.cpSync(dataDir, copy, { recursive: true });
    await expect(openCluster(copy, () => undefined, elsewhere)).rejects.toThrow(`belongs to ${dataDir}`);
    fs.rmSync(elsewhere, { recursive: true, force: true });
  });
});
