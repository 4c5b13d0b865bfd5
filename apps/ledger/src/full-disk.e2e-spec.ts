import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from './config';
import { startService, type Service } from './service';

const disk = mkdtempSync(path.join(tmpdir(), 'ledger-disk-'));
const mounted = mount();
/** A disk that is small enough to fill takes the right to mount one (root on Linux): skipped where that is missing. */
const describeWithDisk = mounted ? describe : describe.skip;

function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    rmSync(disk, { recursive: true });
    return false;
  }
}

describeWithDisk('a disk that is full', () => {
  let service: Service;
  const ballast = path.join(disk, 'ballast');
  beforeAll(async () => {
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    service = await startService(readConfig({ LEDGER_DATA_DIR: path.join(disk, 'data'), LEDGER_PORT: '0', LEDGER_LOG_LEVEL: 'error' }, {}), silent);
  });
  afterAll(async () => {
    await service.close();
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  });

  async function provision(key: string): Promise<{ status: number; type: string | undefined }> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const answer = await fetch(`${service.url}/v1/foreign-agents/${key}`, { method: 'PUT', headers, body: '{}' });
    return { status: answer.status, type: ((await answer.json()) as { type?: string }).type };
  }

  function freeBytes(): number {
    const { bavail, bsize } = statfsSync(disk);
    return bavail * bsize;
  }

  /** PostgreSQL writes and gives back beside it: what it takes meanwhile is full as well, what it gives back is far below the reserve. */
  function fill(): void {
    try {
      writeFileSync(ballast, Buffer.alloc(freeBytes()));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
    expect(freeBytes()).toBeLessThan(50 * 1024 * 1024);
  }

  it('F7 refuses commands with 507, answers reads, and takes the same commands once there is room: none is lost, none is there twice', async () => {
    const callers = Array.from({ length: 20 }, (_, index) => `fa-${index}`);
    const saved = new Set<string>();
    const provisionAll = async (): Promise<(string | undefined)[]> => {
      const answers = await Promise.all(callers.map(async (key) => ({ key, ...(await provision(key)) })));
      for (const { key, status } of answers) if (status < 300) saved.add(key);
      return answers.map(({ status, type }) => (status < 300 ? 'saved' : type));
    };
    expect((await provision('fa-before')).status).toBe(201);
    // Its rows are in the tables by then: nothing writes while the disk fills up faster than anyone looks.
    await pause(2_500);
    fill();
    await pause(2_500);
    expect(new Set(await provisionAll())).toEqual(new Set(['/problems/insufficient-storage']));
    for (let read = 0; read < 20; read += 1) expect((await fetch(`${service.url}/v1/foreign-agents`)).status).toBe(200);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    rmSync(ballast);
    await pause(2_500);
    expect(new Set(await provisionAll())).toEqual(new Set(['saved']));
    const { items } = (await (await fetch(`${service.url}/v1/events?type=ForeignAgentProvisioned&limit=1000`)).json()) as { items: unknown[] };
    expect({ saved: saved.size, events: items.length }).toEqual({ saved: 20, events: 21 });
  }, 120_000);
});
