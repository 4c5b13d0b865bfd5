import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = process.cwd();
const main = path.join(root, 'dist/apps/cli/src/main.js');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The built program as a shell runs it; nothing of the caller's environment that begins with LEDGER_. */
function start(argv: readonly string[], tmp: string): ChildProcess & { ended: Promise<Ended> } {
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LEDGER_'))), TMPDIR: tmp };
  const child = spawn(process.execPath, [main, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', chunk => (out += String(chunk)));
  child.stderr.on('data', chunk => (err += String(chunk)));
  return Object.assign(child, { ended: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) });
}

describe('qos-ledger, built', () => {
  const tmp = mkdtempSync(path.join(os.tmpdir(), 'qos-ledger-cli-'));
  const dataDir = path.join(tmp, 'data');
  const run = (...argv: string[]): Promise<Ended> => start(argv, tmp).ended;

  beforeAll(() => {
    execFileSync(process.execPath, [require.resolve('@swc/cli/bin/swc.js'), 'apps', 'libs', '-d', 'dist', '--config-file', '.swcrc', '-q'], { cwd: root });
  }, 60_000);
  afterAll(() => rmSync(tmp, { recursive: true, force: true }));

  it('ends with 2 and a sentence on wrong use', async () => {
    expect(await run('events', '--nonsense')).toMatchObject({ code: 2, out: '', err: expect.stringContaining("unknown option '--nonsense'") });
    expect(await run('nonsense')).toMatchObject({ code: 2, out: '' });
    expect(await run('serve', '--port', '65536')).toMatchObject({ code: 2, err: 'LEDGER_PORT must be a whole number from 0 to 65535.\n' });
    expect(await run('simulate', '--mobile-nodes', '-1')).toMatchObject({ code: 2 });
  });

  it('ends with 3 where no ledger answers', async () => {
    expect(await run('events', '--url', 'http://127.0.0.1:1')).toMatchObject({ code: 3, out: '', err: expect.stringContaining('No ledger answers at http://127.0.0.1:1/') });
  });

  it.each(['serve', 'demo', 'simulate', 'decode', 'ingest', 'flow-table', 'events', 'sessions', 'session', 'export', 'import', 'doctor'])('explains %s with an example', async verb => {
    const { code, out } = await run(verb, '--help');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Examples?:\\n.*qos-ledger ${verb}`));
    expect(out).toContain('--json');
  });

  it('writes captures to a pipe, decodes them from one, and ends in silence when nobody reads on', () => {
    const bash = (script: string): string => execFileSync('bash', ['-c', script], { encoding: 'utf8' });
    const line = bash(`node ${main} simulate --duration 600 --pcap - | node ${main} decode --json - | head -1`);
    expect(JSON.parse(line)).toMatchObject({ frame: expect.any(Number), message: expect.any(String) });
    // Far more than a pipe holds, so that decode still writes when head has gone; what it says then would come here.
    const said = bash(`{ node ${main} simulate --duration 600 --pcap - | node ${main} decode --json - | head -1 >/dev/null; } 2>&1; echo "\${PIPESTATUS[@]}"`);
    expect(said).toBe('0 0 0\n');
  });

  it('F6 finds the server that runs on a data directory, and starts no second one', async () => {
    const server = start(['serve', '--json', '--port', '0', '--data-dir', dataDir], tmp);
    const [first] = (await once(server.stdout!, 'data')) as [Buffer];
    const { url, pid } = JSON.parse(String(first)) as { url: string; pid: number };
    try {
      expect(await run('events', '--json', '--data-dir', dataDir)).toMatchObject({ code: 0, err: '' });
      const doctor = JSON.parse((await run('doctor', '--json', '--data-dir', dataDir)).out) as { checks: { name: string; finding: string }[]; wrong: number };
      expect(doctor.wrong).toBe(0);
      expect(doctor.checks.find(check => check.name === 'server')!.finding).toBe(`${url} answers and is ready`);
      const second = await run('serve', '--port', '0', '--data-dir', dataDir);
      expect(second.code).toBe(1);
      expect(second.err).toContain(`process id ${pid}`);
    } finally {
      server.kill('SIGINT');
    }
    expect((await server.ended).code).toBe(0);
  }, 60_000);

  it('cures collisions in a demo and leaves nothing behind', async () => {
    const { code, out, err } = await run('demo', '--exit', '--port', '0', '--speed', 'max', '--duration', '60', '--mobile-nodes', '16');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/asked for udp .* already held by .* → temporary source port 49152/);
    expect(out).toMatch(/Foreign agent \S+ +\d+ flows?, [1-9]\d* temporary/);
    expect(out).toMatch(/Who moved, and what became of the sessions\nHANDOFF .*\n[0-9a-f-]{36} /);
    expect(readdirSync(tmp).filter(name => name.startsWith('qos-ledger-demo-'))).toEqual([]);
  }, 90_000);
});
