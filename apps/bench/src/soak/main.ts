import { parseArgs } from 'node:util';
import { soak, type Soaked } from './soak';

/** `npm run soak -- --seeds 10000`, or `--seed N` for one again; exit code 1 where an invariant was broken, with the history. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seeds: { type: 'string' }, seed: { type: 'string' }, operations: { type: 'string', default: '60' } },
  });
  const seed = Number(values.seed ?? 1);
  const seeds = Number(values.seeds ?? (values.seed === undefined ? 1_000 : 1));
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const soaked = await soak({
    seed, seeds, operations: Number(values.operations),
    onSeed: (each, { steps }) => {
      if ((each - seed) % 1_000 === 999) console.log(`seed ${each} held (${steps} steps), ${seconds().toFixed(0)} s`);
    },
  });
  tell(soaked, seconds());
}

function tell({ seeds, steps, events, crashes, broken }: Soaked, seconds: number): void {
  if (broken) {
    const { seed, operations, played } = broken;
    for (const line of played.history) console.log(line);
    console.error(played.fault);
    console.log(`seed ${seed} breaks an invariant after ${operations} operations: npm run soak -- --seed ${seed} --operations ${operations}`);
    process.exitCode = 1;
  }
  console.log(`${seeds} seeds, ${steps} steps, ${events} events, ${crashes} crashes; ${Math.round(steps / seconds)} steps/s, ${Math.round(events / seconds)} events/s`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 2;
});
