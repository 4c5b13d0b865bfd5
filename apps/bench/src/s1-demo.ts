import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { ledgerProgram } from './child-process';
import { CannotMeasure, type Figure } from './figure';
import { median } from './median';

const pollMs = 50;

/** What a newcomer waits: from the command to the first row of a flow table that anyone could read over HTTP, and to the end. */
export const demoFigure: Figure = {
  name: 'S1',
  title: '`demo --exit`, from the command to the first row and to the end',
  async run({ runs }, tell) {
    const firsts: number[] = [];
    const ends: number[] = [];
    for (let run = 1; run <= runs; run += 1) {
      const { firstRow, end } = await playDemo();
      firsts.push(firstRow);
      ends.push(end);
      tell(`run ${run}: first row after ${firstRow.toFixed(1)} s, the end after ${end.toFixed(1)} s`);
    }
    const [first, end] = [median(firsts), median(ends)];
    return [
      { name: 'S1', measure: '`demo --exit`, command to first row (s)', value: first, unit: 's', ours: first, anchor: null, goal: { bound: 'at-most', value: 15 } },
      { name: 'S1-end', measure: '`demo --exit`, command to its end (s)', value: end, unit: 's', ours: end, anchor: null, goal: { bound: 'at-most', value: 60 } },
    ];
  },
};

async function playDemo(): Promise<{ readonly firstRow: number; readonly end: number }> {
  const from = performance.now();
  const seconds = (): number => (performance.now() - from) / 1_000;
  const child = spawn(process.execPath, [ledgerProgram, 'demo', '--exit', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const ended = new AbortController();
  const exit = once(child, 'exit').then(([code]) => {
    ended.abort();
    return { code: code as number | null, end: seconds() };
  });
  const told = createInterface({ input: child.stdout });
  const url = new Promise<string>((resolve, reject) => {
    told.on('line', (line) => {
      const found = /http:\/\/[^\s;,]+/.exec(line);
      if (found) resolve(found[0]);
    });
    told.once('close', () => reject(new CannotMeasure('the demo told no address')));
  });
  const firstRow = url.then((address) => waitForRow(address, ended.signal)).then(seconds);
  const [{ code, end }, first] = await Promise.all([exit, firstRow.catch((error: unknown) => error as Error)]);
  if (code !== 0) throw new CannotMeasure(`the demo ended with ${code}: ${Buffer.concat(errors).toString().trim().split('\n')[0]}`);
  if (first instanceof Error) throw first;
  return { firstRow: first, end };
}

async function waitForRow(url: string, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    const answer = await fetch(`${url}/v1/foreign-agents`, { signal: ended }).catch(() => null);
    if (answer?.ok) {
      const { items } = (await answer.json()) as { readonly items: readonly { readonly counts: { readonly live: number } }[] };
      if (items.some(({ counts }) => counts.live > 0)) return;
    }
    await delay(pollMs);
  }
  throw new CannotMeasure('the demo ended without a row in a flow table');
}
