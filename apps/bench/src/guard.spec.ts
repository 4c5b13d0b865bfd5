import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** The built guard: `npm run build` comes before `npm test`. */
const guard = path.resolve(process.cwd(), 'dist/apps/bench/src/guard.js');

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 500) throw new Error('it did not come about in 10 s');
    await pause(20);
  }
}

describe('the guard of a bench', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('ends what was started and removes what was made when the bench ends by %s', async (signal) => {
    const [folder, kept] = ['remove', 'keep'].map((name) => mkdtempSync(path.join(tmpdir(), `guard-${name}-`))) as [string, string];
    folders.push(folder, kept);
    writeFileSync(path.join(folder, 'file'), 'text');
    const bench = `
      const { tellGuard } = require(${JSON.stringify(guard)});
      const child = require('child_process').spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
      tellGuard({ remove: ${JSON.stringify(folder)} });
      tellGuard({ remove: ${JSON.stringify(kept)} });
      tellGuard({ watch: child.pid });
      tellGuard({ keep: ${JSON.stringify(kept)} });
      console.log(child.pid);
      setInterval(() => undefined, 1000);`;
    const process_ = spawn(process.execPath, ['-e', bench], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(process_.stdout, 'data')) as [Buffer];
    const pid = Number(text.toString());
    expect(isAlive(pid)).toBe(true);
    process_.kill(signal);
    await until(() => !isAlive(pid) && !existsSync(folder));
    expect(existsSync(kept)).toBe(true);
  }, 20_000);
});
