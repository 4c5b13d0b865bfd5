import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import type { HandoffRow } from '../handoff-rows';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import { oneOrNot, wholeNumber } from '../options';
import { handoffColumns } from '../terminal/handoff-columns';
import { printList } from '../terminal/list';

const states = ['started', 'committed', 'completed', 'superseded', 'rolled-back'];

interface HandoffsOptions extends LedgerOptions {
  readonly mobileNode?: string;
  readonly state?: string;
  readonly limit: number;
  readonly json?: true;
}

export function addHandoffs(program: Command, cli: Cli, finish: Finish): void {
  const command = program
    .command('handoffs')
    .description('List the handoffs of mobile nodes, the newest first.')
    .option('--mobile-node <id>', 'of one node')
    .option('--state <state>', 'started, committed, completed, superseded or rolled-back; !completed for all others', oneOrNot(states))
    .option('--limit <n>', 'at most so many', wholeNumber(1), 1000)
    .option('--json', 'one JSON document a handoff and line');
  withLedgerOptions(command)
    .addHelpText('after', '\nExamples:\n  qos-ledger handoffs --mobile-node mn-17@example.net\n  qos-ledger handoffs --state rolled-back --json | jq -r .reason')
    .action(async (options: HandoffsOptions) => {
      const { mobileNode, state, limit, json = false } = options;
      await withLedger(options, cli, async client => {
        const handoffs = client.list<HandoffRow>('/v1/handoffs', { mobileNode, state, sort: '-startedAt' }, limit);
        await printList(handoffs, () => handoffColumns(cli.colors), json, cli);
      });
      finish(0);
    });
}
