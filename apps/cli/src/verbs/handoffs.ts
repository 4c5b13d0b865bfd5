import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import type { HandoffRow } from '../handoff-rows';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import { wholeNumber } from '../options';
import { durationText } from '../terminal/duration';
import { wayText } from '../terminal/handoff-text';
import { printList } from '../terminal/list';
import type { Column } from '../terminal/table';
import { printable } from '../terminal/text';

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
    .option('--state <state>', 'started, committed, completed, superseded or rolled-back; !completed for all others')
    .option('--limit <n>', 'at most so many', wholeNumber(1), 1000)
    .option('--json', 'one JSON document a handoff and line');
  withLedgerOptions(command)
    .addHelpText('after', '\nExamples:\n  qos-ledger handoffs --mobile-node mn-17@example.net\n  qos-ledger handoffs --state rolled-back --json | jq -r .reason')
    .action(async (options: HandoffsOptions) => {
      const { mobileNode, state, limit, json = false } = options;
      await withLedger(options, cli, async client => {
        const handoffs = client.list<HandoffRow>('/v1/handoffs', { mobileNode, state, sort: '-startedAt' }, limit);
        await printList(handoffs, () => handoffColumns(cli), json, cli);
      });
      finish(0);
    });
}

function handoffColumns({ colors }: Cli): readonly Column<HandoffRow>[] {
  return [
    // Never cut: it is what `handoff` asks for.
    { title: 'HANDOFF', text: row => row.handoffId },
    { title: 'STARTED', text: row => row.startedAt.replace('T', ' ').replace('Z', ''), dispensable: true, paint: colors.dim },
    { title: 'MOBILE NODE', text: row => printable(row.mobileNode), least: 12 },
    { title: 'WAY', text: wayText, least: 13 },
    { title: 'KIND', text: row => row.kind, least: 8, dispensable: true },
    { title: 'STATE', text: stateText, least: 9, paint: (cell, row) => paintState(colors, row)(cell) },
    { title: 'SESSIONS', text: sessionsText, least: 8, paint: (cell, row) => (row.degraded ? colors.red(cell) : cell) },
    { title: 'GAP', text: row => (row.gapMs === null ? '' : durationText(row.gapMs)), align: 'right' },
  ];
}

function stateText({ state, reason }: HandoffRow): string {
  return reason === null ? state : `${state}: ${reason}`;
}

function paintState(colors: Cli['colors'], { state }: HandoffRow): (cell: string) => string {
  return state === 'completed' ? colors.green : state === 'rolled-back' ? colors.red : colors.yellow;
}

function sessionsText({ configured, degraded }: HandoffRow): string {
  if (configured === null || degraded === null) return '';
  return degraded === 0 ? `${configured}` : `${configured}, ${degraded} degraded`;
}
