import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ledgerProgram } from './child-process';
import { CannotMeasure, type Figure } from './figure';
import { median } from './median';

/** What a newcomer waits: from the command to the first line about a flow, and to the end. The demo plays 300 s at 12 times their pace. */
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
    const entry = { unit: 's', anchor: null } as const;
    return [
      { ...entry, name: 'S1', measure: '`demo --exit`: command to first row', value: first, ours: first, goal: { bound: 'at-most', value: 15 } },
      { ...entry, name: 'S1-end', measure: '`demo --exit`: command to its end', value: end, ours: end, goal: { bound: 'at-most', value: 60 } },
    ];
  },
};

/** The first line tells where the ledger answers; every line behind it is about flows. */
async function playDemo(): Promise<{ readonly firstRow: number; readonly end: number }> {
  const from = performance.now();
  const seconds = (): number => (performance.now() - from) / 1_000;
  const child = spawn(process.execPath, [ledgerProgram, 'demo', '--exit', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const lines: { readonly text: string; readonly at: number }[] = [];
  const told = createInterface({ input: child.stdout }).on('line', (text) => lines.push({ text, at: seconds() }));
  const [[code]] = await Promise.all([once(child, 'exit') as Promise<[number | null]>, once(told, 'close')]);
  const end = seconds();
  if (code !== 0) throw new CannotMeasure(`the demo ended with ${code}: ${errors[0] ?? ''}`);
  const address = lines.findIndex(({ text }) => text.includes('http://'));
  const firstRow = lines[address + 1];
  if (address === -1 || firstRow === undefined) throw new CannotMeasure('the demo told no address, or nothing behind it');
  return { firstRow: firstRow.at, end };
}
