import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { runChild } from './child-process.testing';
import { DataDirectoryInUse, lockDataDirectory, readLock } from './data-directory-lock';
import { isAlive, processStart } from './process-identity';

describe('the lock of a data directory', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = fs.mkdtempSync(path.join('/tmp', 'ledger-lock-'));
  });
  afterEach(() => fs.rmSync(dataDir, { recursive: true, force: true }));
  const file = (): string => path.join(dataDir, 'ledger.lock');

  it('F6 a second ledger is refused with the process id and the address of the first, which is unaffected', async () => {
    const first = await lockDataDirectory(dataDir);
    first.publishUrl('http://127.0.0.1:7434');
    const refusal = await lockDataDirectory(dataDir).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DataDirectoryInUse);
    expect((refusal as Error).message).toBe(
      `The data directory ${dataDir} is in use by the ledger with process id ${process.pid}, which answers at http://127.0.0.1:7434: use that one, stop it, or name another directory.`,
    );
    expect(readLock(dataDir)).toEqual(first.owner);
    first.release();
    first.release();
    expect(readLock(dataDir)).toBeUndefined();
    expect(fs.readdirSync(dataDir)).toEqual([]);
  });

  it('F5 a lock left behind by a process that was killed is nobody\'s', async () => {
    const child = runChild(`const lock = await room.lockDataDirectory(${JSON.stringify(dataDir)}); say(lock.owner.token); setInterval(() => {}, 1000);`);
    const token = await child.line();
    expect(readLock(dataDir)?.token).toBe(token);
    child.process.kill('SIGKILL');
    await child.ended();
    expect(readLock(dataDir)).toBeUndefined();
    const lock = await lockDataDirectory(dataDir);
    expect(lock.owner.token).not.toBe(token);
    lock.release();
  });

  it.each([
    ['a recycled process id', () => JSON.stringify({ pid: process.pid, processStart: 'earlier', token: 'x', startedAt: '' })],
    ['a file that a power failure tore', () => '{"pid": 4'],
    ['an empty file', () => ''],
  ])('F5 %s is no owner', async (_what, content) => {
    fs.writeFileSync(file(), content());
    expect(readLock(dataDir)).toBeUndefined();
    const lock = await lockDataDirectory(dataDir);
    expect(readLock(dataDir)?.pid).toBe(process.pid);
    lock.release();
  });

  it('F5 a zombie is dead', async () => {
    // The shell starts a child and becomes a sleep, which never asks after it; the child outlives the shell.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const zombie = Number(line.toString());
    for (let i = 0; i < 100 && isAlive(zombie); i++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(() => process.kill(zombie, 0)).not.toThrow();
    expect(isAlive(zombie)).toBe(false);
    expect(processStart(zombie)).toBeUndefined();
    parent.kill();
  });

  it('F5 of several that find the same dead owner exactly one takes the lock', async () => {
    fs.writeFileSync(file(), JSON.stringify({ pid: process.pid, processStart: 'earlier', token: 'x', startedAt: '' }));
    const start = Date.now() + 1500;
    const children = Array.from({ length: 5 }, () =>
      runChild(`
        await new Promise((resolve) => setTimeout(resolve, ${start} - Date.now()));
        await room.lockDataDirectory(${JSON.stringify(dataDir)}); say('taken'); setInterval(() => {}, 1000);`),
    );
    const said = await Promise.all(children.map((child) => child.line()));
    for (const child of children) child.process.kill('SIGKILL');
    expect(said.filter((line) => line === 'taken')).toHaveLength(1);
    expect(said.filter((line) => line.startsWith('DataDirectoryInUse: '))).toHaveLength(4);
  });
});
