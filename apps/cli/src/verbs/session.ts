import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import type { EventRow } from '../ledger-rows';
import { printList } from '../terminal/list';
import { printable } from '../terminal/text';
import { eventColumns } from './events';

export function addSession(program: Command, cli: Cli, finish: Finish): void {
  const command = program
    .command('session')
    .description('Show one QoS session and every event of it.')
    .argument('<id>', 'the session id')
    .option('--json', 'one JSON document: the session, and its events under `history`');
  withLedgerOptions(command)
    .addHelpText('after', '\nExample:\n  qos-ledger session 0190d2c4-6f0e-5b1c-9c55-3c2f7a1d4b9e')
    .action(async (id: string, options: LedgerOptions & { readonly json?: true }) => {
      await withLedger(options, cli, async client => {
        const path = `/v1/qos-sessions/${encodeURIComponent(id)}`;
        const session = await client.get<Readonly<Record<string, unknown>>>(path);
        const history = client.list<EventRow>(`${path}/history`);
        if (options.json) {
          const events: EventRow[] = [];
          for await (const event of history) events.push(event);
          await cli.out.json({ ...session, history: events });
          return;
        }
        const names = Object.keys(session).filter(name => session[name] !== null);
        const width = Math.max(...names.map(name => name.length));
        for (const name of names) await cli.out.line(`${cli.colors.dim(name.padEnd(width))}  ${printable(session[name])}`);
        await cli.out.line();
        await printList(history, () => eventColumns(cli), false, cli);
      });
      finish(0);
    });
}
