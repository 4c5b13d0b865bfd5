import type { Cli } from '../cli';
import { counted, printable } from '../terminal/text';
import { cureText } from './cure';
import { clock, type PlayState, type Show } from './show';
import type { Snapshot } from './watch';

/** So many seconds of the network's own time lie between two lines that count the tables. */
const countEverySeconds = 60;

/** For a pipe or a log: a line for each cure when it comes, and the tables counted now and then. */
export class PlainShow implements Show {
  private told = 0;
  private countedAt = 0;

  constructor(
    private readonly cli: Pick<Cli, 'out'>,
    private readonly startTimeMs: number,
  ) {}

  async draw({ tables, cures }: Snapshot, { playedSeconds }: PlayState): Promise<void> {
    const { out } = this.cli;
    for (const cure of cures.slice(this.told)) {
      await out.line(`${clock(Math.max(0, Date.parse(cure.at) - this.startTimeMs) / 1000)}  ${cureText(cure)}`);
    }
    this.told = cures.length;
    if (tables.length === 0 || playedSeconds < this.countedAt + countEverySeconds) return;
    this.countedAt = playedSeconds;
    const counts = tables.map(({ foreignAgent, flows }) => {
      const temporary = flows.filter(flow => flow.temporary !== null).length;
      return `${printable(foreignAgent)} ${counted(flows.length, 'flow')}, ${temporary} temporary`;
    });
    await out.line(`${clock(playedSeconds)}  ${counts.join('; ')}`);
    await out.flush();
  }

  async close(): Promise<void> {
    await this.cli.out.flush();
  }
}
