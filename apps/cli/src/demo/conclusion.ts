import type { Cli } from '../cli';
import type { HandoffRow } from '../handoff-rows';
import { handoffColumns } from '../terminal/handoff-columns';
import { type Colors, renderTable } from '../terminal/table';
import { counted } from '../terminal/text';
import type { Played } from './play-network';
import { cureLine, tableLines } from './screen';

const rowsShown = 12;
const curesShown = 10;
const handoffsShown = 6;

/** What stays on the terminal when the play is over: the tables, the cures, and where to go on. */
export async function conclude({ snapshot, report }: Played, url: string, { out, colors }: Cli): Promise<void> {
  const { tables, cures, handoffs } = snapshot;
  const width = out.isTerminal ? out.columns : Infinity;
  const messages = Object.values(report.messages).reduce((sum, count) => sum + count, 0);
  const first = tables[0]?.foreignAgent ?? 'fa-1';
  const lines = [
    '',
    ...tables.flatMap(table => tableLines(table, width, rowsShown, colors)),
    colors.bold('Who collided with whom, and what cured it'),
    ...cures.slice(-curesShown).map(cure => cureLine(cure, width, colors)),
    ...(cures.length > curesShown ? [colors.dim(`… and ${cures.length - curesShown} before these`)] : []),
    '',
    ...handoffLines(handoffs, width, colors),
    `${counted(report.frames, 'frame')}, ${counted(messages, 'message')}, ${counted(report.eventsAppended, 'event')}, ${counted(handoffs.length, 'handoff')}; ${colors.bold(`${counted(cures.length, 'collision')} cured`)}.`,
    '',
    `The API is ${colors.bold(`${url}/v1`)}, its page ${colors.bold(`${url}/docs`)}. Try:`,
    `  curl -s ${url}/v1/foreign-agents/${encodeURIComponent(first)}/flow-table`,
    `  npx qos-ledger events --last 10 --url ${url}`,
    ...handoffs.slice(0, 1).map(({ handoffId }) => `  npx qos-ledger handoff ${handoffId} --url ${url}`),
    '',
  ];
  await out.line(lines.join('\n'));
}

function handoffLines(handoffs: readonly HandoffRow[], width: number, colors: Colors): string[] {
  if (handoffs.length === 0) return [];
  const more = handoffs.length - handoffsShown;
  return [
    colors.bold('Who moved, and what became of the sessions'),
    ...renderTable(handoffColumns(colors), handoffs.slice(0, handoffsShown), width, colors),
    ...(more > 0 ? [colors.dim(`… and ${more} before these`)] : []),
    '',
  ];
}
