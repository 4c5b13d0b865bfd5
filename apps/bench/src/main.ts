import { writeFileSync } from 'node:fs';
import { CannotMeasure, type Figure, type Result } from './figure';
import { figures } from './figures';
import { readOptions, usage, type BenchOptions } from './options';
import { isPassed, jsonOf, tableOf } from './report';

/** Exit code 0: all pass; 1: one is short; 2: wrong use. */
async function main(args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof readOptions>;
  let chosen: readonly Figure[];
  try {
    options = readOptions(args);
    chosen = choose(options.figures);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (options.list) {
    for (const { name, title } of figures) console.log(`${name.padEnd(4)} ${title}`);
    return 0;
  }
  const results: Result[] = [];
  for (const figure of chosen) results.push(...(await measured(figure, options)));
  console.log(tableOf(results));
  writeFileSync(options.output, jsonOf(results));
  return results.every(isPassed) ? 0 : 1;
}

/** In the order of the list, whatever the order asked for. */
function choose(names: readonly string[]): readonly Figure[] {
  const unknown = names.find((name) => !figures.some((figure) => figure.name === name));
  if (unknown !== undefined) throw new RangeError(`There is no figure ${unknown}, only ${figures.map(({ name }) => name).join(', ')}.`);
  return names.length === 0 ? figures : figures.filter(({ name }) => names.includes(name));
}

async function measured(figure: Figure, options: BenchOptions): Promise<readonly Result[]> {
  const begun = performance.now();
  const tell = (line: string): void => console.error(`${figure.name}  ${((performance.now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${line}`);
  tell(figure.title);
  try {
    return await figure.run(options, tell);
  } catch (error) {
    if (!(error instanceof CannotMeasure)) throw error;
    tell(error.message);
    return [{ name: figure.name, measure: figure.title, cannot: error.message }];
  }
}

/** Whoever started this, npm or a shell, may be killed alone: then nobody waits for the figures. */
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 1_000).unref();

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
