import type { Cli } from '../cli';
import { type Column, renderTable, renderTabbed } from './table';

/** So many rows are laid out together on a terminal; more come as a further table of their own widths. */
const rowsTogether = 500;

/** A list as whoever reads it wants it: NDJSON for `--json`, aligned columns on a terminal, tabs in a pipe. Answers the count. */
export async function printList<Row>(
  items: AsyncIterable<Row>,
  columnsFor: (rows: readonly Row[]) => readonly Column<Row>[],
  json: boolean,
  cli: Cli,
): Promise<number> {
  let count = 0;
  let together: Row[] = [];
  const showTogether = async (): Promise<void> => {
    if (together.length === 0) return;
    const columns = columnsFor(together);
    const lines = cli.out.isTerminal ? renderTable(columns, together, cli.out.columns, cli.colors) : renderTabbed(columns, together, count <= rowsTogether);
    await cli.out.line(lines.join('\n'));
    together = [];
  };
  for await (const item of items) {
    count += 1;
    if (json) await cli.out.json(item);
    else together.push(item);
    if (together.length === rowsTogether) await showTogether();
  }
  await showTogether();
  return count;
}
