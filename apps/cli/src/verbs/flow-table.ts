import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import type { FlowRow } from '../ledger-rows';
import { position } from '../options';
import { flowColumns } from '../terminal/flow-text';
import { printList } from '../terminal/list';
import { counted, printable } from '../terminal/text';

interface FlowTableOptions extends LedgerOptions {
  readonly careOfAddress?: string;
  readonly mobileNode?: string;
  readonly state?: string;
  readonly asOfPosition?: string;
  readonly asOfTime?: string;
  readonly json?: true;
}

export function addFlowTable(program: Command, cli: Cli, finish: Finish): void {
  const command = program
    .command('flow-table')
    .description('Show the flow table of a foreign agent: who holds which flow id, and who collides with whom.')
    .argument('<foreign-agent>', 'its id; an agent first heard of in a capture has its first care-of address as its id')
    .option('--care-of-address <address>', 'one scope of the agent')
    .option('--mobile-node <id>', 'the flows of one node')
    .option('--state <state>', 'live, path-only, orphaned or degraded; !live for all others')
    .option('--as-of-position <n>', 'as the table was at that position of the ledger', position)
    .option('--as-of-time <time>', 'as the ledger knew it then (RFC 3339)')
    .option('--json', 'one JSON document a row and line');
  withLedgerOptions(command)
    .addHelpText('after', '\nExamples:\n  qos-ledger flow-table 198.51.100.1\n  qos-ledger flow-table fa-1 --state live --json | jq -r .mobileNode')
    .action(async (foreignAgent: string, options: FlowTableOptions) => {
      const { careOfAddress, mobileNode, state, asOfPosition, asOfTime, json = false } = options;
      await withLedger(options, cli, async client => {
        const path = `/v1/foreign-agents/${encodeURIComponent(foreignAgent)}/flow-table`;
        const rows = client.list<FlowRow>(path, { careOfAddress, mobileNode, state, asOfPosition, asOfTime });
        const count = await printList(rows, shown => flowColumns(shown, cli.colors, cli.out.isTerminal), json, cli);
        if (!json && cli.out.isTerminal) await cli.out.line(cli.colors.dim(`${counted(count, 'flow')} at ${printable(foreignAgent)}`));
      });
      finish(0);
    });
}
