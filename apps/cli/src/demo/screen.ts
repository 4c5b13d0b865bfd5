import type { Cli } from '../cli';
import type { FlowRow } from '../ledger-rows';
import { flowColumns } from '../terminal/flow-text';
import { type Colors, type Column, renderTable } from '../terminal/table';
import { counted, printable, shortened } from '../terminal/text';
import { type Cure, cureText } from './cure';
import { clock, type PlayState, type Show } from './show';
import type { AgentTable, Snapshot } from './watch';

/** Second screen, no cursor, no wrapping of what is wider than a very narrow terminal; and back. */
const enterScreen = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const leaveScreen = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const curesShown = 8;

/** The live picture on the terminal's second screen: redrawn in place, gone without a trace when the play is over. */
export class DemoScreen implements Show {
  private open = false;
  private readonly onExit = (): void => void process.stdout.write(leaveScreen);

  constructor(private readonly cli: Cli) {}

  async draw(snapshot: Snapshot, play: PlayState): Promise<void> {
    const { out, colors } = this.cli;
    if (!this.open) {
      this.open = true;
      // Whatever ends the process, the terminal is left as it was.
      process.once('exit', this.onExit);
      await out.write(enterScreen);
    }
    const lines = screenLines(snapshot, play, out.columns, out.rows, colors);
    // Erased before it is written: behind a line as wide as the terminal an erasure takes its last character.
    const below = lines.length < out.rows ? '\n\u001b[J' : '';
    await out.write(`\u001b[H${lines.map(line => `\u001b[2K${line}`).join('\n')}${below}`);
    await out.flush();
  }

  async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    process.removeListener('exit', this.onExit);
    await this.cli.out.write(leaveScreen);
    await this.cli.out.flush();
  }
}

/** At most `rows` lines of at most `width` characters. */
export function screenLines({ tables, cures, position }: Snapshot, play: PlayState, width: number, rows: number, colors: Colors): string[] {
  const head = [titleLine(play, width, colors), colors.dim(shortened(`${counted(Number(position), 'event')} in the ledger · ${counted(cures.length, 'collision')} cured · ${play.url}/docs · Ctrl-C ends`, width)), ''];
  const shownCures = cures.slice(-Math.min(curesShown, Math.max(2, Math.floor(rows / 5))));
  const foot = [colors.bold('Who collided with whom, and what cured it'), ...shownCures.map(cure => cureLine(cure, width, colors))];
  const room = rows - head.length - foot.length;
  const each = Math.floor(room / Math.max(1, tables.length)) - 4;
  const body = tables.flatMap(table => tableLines(table, width, Math.max(1, each), colors));
  return [...head, ...body, ...foot].slice(0, rows);
}

/** An agent, its counts and its flows; `most` rows of them. */
export function tableLines({ foreignAgent, flows }: AgentTable, width: number, most: number, colors: Colors): string[] {
  const temporary = flows.filter(flow => flow.temporary !== null).length;
  const title = `${colors.bold(`Foreign agent ${printable(foreignAgent)}`)}  ${counted(flows.length, 'flow')}, ${colors.yellow(`${temporary} temporary`)}`;
  // Laid out over all rows: a table whose widths follow its top rows would jump.
  const [heading = '', ...rows] = renderTable(demoColumns(flows, colors), flows, width, colors);
  const hidden = rows.length - most;
  const shown = hidden > 0 ? [...rows.slice(0, most), colors.dim(`… and ${hidden} more`)] : rows;
  return [title, ...(flows.length === 0 ? [] : [heading, ...shown]), ''];
}

/** When a lease ends is nothing that a person follows while the play runs at another speed. */
function demoColumns(flows: readonly FlowRow[], colors: Colors): readonly Column<FlowRow>[] {
  return flowColumns(flows, colors, true).filter(column => column.title !== 'UNTIL');
}

export function cureLine(cure: Cure, width: number, colors: Colors): string {
  const text = shortened(cureText(cure, width), width);
  const arrow = text.lastIndexOf('→');
  return arrow < 0 ? text : text.slice(0, arrow) + colors.yellow(text.slice(arrow));
}

function titleLine({ playedSeconds, durationSeconds, speed }: PlayState, width: number, colors: Colors): string {
  const pace = speed === Infinity ? 'as fast as it goes' : `${speed} × real time`;
  const text = `QoS session ledger: a simulated network plays, ${clock(playedSeconds)} of ${clock(durationSeconds)}, ${pace}`;
  const filled = Math.round((Math.min(playedSeconds, durationSeconds) / durationSeconds) * 20);
  const bar = width > text.length + 24 ? `  ${colors.green('━'.repeat(filled))}${colors.dim('╌'.repeat(20 - filled))}` : '';
  return colors.bold(shortened(text, width)) + bar;
}
