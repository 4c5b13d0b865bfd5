import type { CaptureReport } from '../ledger-rows';
import { type Colors, renderTable } from './table';
import { counted, printable } from './text';

/** Errors beyond these are counted only: the report of a broken capture must not scroll its own head away. */
const errorsShown = 20;

/** What an ingest ends with, for people. */
export function reportLines(name: string, report: CaptureReport, width: number, colors: Colors): string[] {
  const messages = Object.values(report.messages).reduce((sum, count) => sum + count, 0);
  const lines = [
    `${colors.bold(printable(name))}  ${colors.dim(report.captureId)}`,
    `  ${counted(report.frames, 'frame')}, ${counted(messages, 'message')}, ${counted(report.eventsAppended, 'event')} appended, ${counted(report.repeats, 'repeat')} recognised`,
  ];
  for (const [kind, count] of Object.entries(report.messages)) lines.push(`  ${String(count).padStart(9)}  ${printable(kind)}`);
  lines.push(...heading('violations', Object.values(report.violations).reduce((sum, count) => sum + count, 0), colors.yellow));
  for (const [violation, count] of Object.entries(report.violations)) lines.push(`  ${String(count).padStart(9)}  ${printable(violation)}`);
  lines.push(...heading('frames that could not be read', report.errorCount, colors.red));
  for (const { frame, error } of report.errors.slice(0, errorsShown)) lines.push(`  ${`#${frame}`.padStart(9)}  ${printable(error)}`);
  if (report.errorCount > errorsShown) lines.push(`  ${' '.repeat(9)}  and ${counted(report.errorCount - errorsShown, 'more', 'more')}`);
  if (report.foreignAgents.length > 0) {
    const table = renderTable(
      [
        { title: 'FOREIGN AGENT', text: agent => printable(agent.foreignAgent) },
        { title: 'CARE-OF ADDRESS', text: agent => agent.careOfAddress },
        { title: 'LIVE', text: agent => String(agent.live), align: 'right' },
        { title: 'NATIVE', text: agent => String(agent.native), align: 'right' },
        { title: 'TEMPORARY', text: agent => String(agent.temporary), align: 'right', paint: (cell, agent) => (agent.temporary > 0 ? colors.yellow(cell) : cell) },
      ],
      report.foreignAgents,
      width - 2,
      colors,
    );
    lines.push('', ...table.map(line => `  ${line}`));
  }
  return lines;
}

function heading(what: string, count: number, paint: (text: string) => string): string[] {
  return [count === 0 ? `  no ${what}` : `  ${paint(`${count.toLocaleString('en')} ${what}`)}`];
}

/** The same for programs that do not take JSON: a name, a key and a value a line. */
export function reportTabbed(name: string, report: CaptureReport): string[] {
  const fact = (...cells: readonly (string | number)[]): string => [name, ...cells].map(printableCell).join('\t');
  return [
    fact('capture', report.captureId),
    fact('frames', report.frames),
    ...Object.entries(report.messages).map(([kind, count]) => fact(`message ${kind}`, count)),
    fact('events appended', report.eventsAppended),
    fact('repeats recognised', report.repeats),
    ...Object.entries(report.violations).map(([violation, count]) => fact(`violation ${violation}`, count)),
    ...report.errors.map(({ frame, error }) => fact(`error in frame ${frame}`, error)),
    ...report.foreignAgents.flatMap(({ foreignAgent, careOfAddress, live, native, temporary }) => {
      const scope = `${foreignAgent}@${careOfAddress}`;
      return [fact(`live at ${scope}`, live), fact(`native at ${scope}`, native), fact(`temporary at ${scope}`, temporary)];
    }),
  ];
}

function printableCell(cell: string | number): string {
  return printable(String(cell));
}
