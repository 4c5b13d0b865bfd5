import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from './child-process';
import { CannotMeasure, type Figure, type Measured } from './figure';
import { median } from './median';
import { memoryOfTree, type ProcessMemory } from './process-memory';

const idleMs = 20_000;
const goal = { bound: 'at-most', value: 250 } as const;

/** What a user's machine gives to a ledger that nobody asks anything: the service and every process of its PostgreSQL. */
export const idleMemoryFigure: Figure = {
  name: 'M1',
  title: 'memory of `serve` after 20 s without a request, PostgreSQL included',
  async run({ runs }, tell) {
    const measured: (readonly ProcessMemory[])[] = [];
    for (let run = 1; run <= runs; run += 1) {
      const processes = await idle();
      measured.push(processes);
      const each = processes.map((memory) => `${nameOf(memory)} ${mb(memory.residentBytes)}/${mb(memory.proportionalBytes)}`);
      tell(`run ${run}: RSS/PSS in MB: ${each.join('; ')}`);
    }
    const resident = median(measured.map((processes) => sum(processes, 'residentBytes')));
    const proportional = median(measured.map((processes) => sum(processes, 'proportionalBytes')));
    const entry = (name: string, measure: string, value: number): Measured => ({ name, measure, value, unit: 'MB', ours: value, anchor: null, goal });
    return [
      entry('M1', '`serve` idle: RSS of node and PostgreSQL, shared pages in each', resident),
      entry('M1-pss', '`serve` idle: PSS of node and PostgreSQL, shared pages once', proportional),
    ];
  },
};

async function idle(): Promise<readonly ProcessMemory[]> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'qos-ledger-bench-'));
  const serving = await serve(['--data-dir', dataDir]);
  try {
    await delay(idleMs);
    const processes = memoryOfTree(serving.child.pid!);
    if (processes === null) throw new CannotMeasure('the memory of processes is read from /proc, which this system does not have');
    if (!processes.some(({ command }) => command.includes('postgres'))) throw new CannotMeasure('no PostgreSQL was found below the service');
    return processes;
  } finally {
    await serving.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function sum(processes: readonly ProcessMemory[], field: 'residentBytes' | 'proportionalBytes'): number {
  return processes.reduce((total, memory) => total + memory[field], 0) / 1e6;
}

/** PostgreSQL's processes tell what they do (`postgres: walwriter`), others are known by their program. */
function nameOf({ command }: ProcessMemory): string {
  return command.startsWith('postgres: ') ? command.slice(0, 32) : path.basename(command.split(' ')[0]!);
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
