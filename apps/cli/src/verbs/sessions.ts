import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import { wholeNumber } from '../options';
import { printList } from '../terminal/list';
import { protocolName } from '../terminal/message-facts';
import { selectorText, temporaryText } from '../terminal/flow-text';
import type { Column } from '../terminal/table';
import { printable } from '../terminal/text';
import type { SessionRow } from '../ledger-rows';


interface SessionsOptions extends LedgerOptions {
  readonly mobileNode?: string;
  readonly foreignAgent?: string;
  readonly correspondentNode?: string;
  readonly state?: string;
  readonly limit: number;
  readonly json?: true;
}

export function addSessions(program: Command, cli: Cli, finish: Finish): void {
  const command = program
    .command('sessions')
    .description('Search the QoS sessions, ended ones included.')
    .option('--mobile-node <id>', 'of one node')
    .option('--foreign-agent <id>', 'at one agent')
    .option('--correspondent-node <address>', 'with one correspondent')
    .option('--state <state>', 'live, path-only, orphaned, degraded or released')
    .option('--limit <n>', 'at most so many', wholeNumber(1), 1000)
    .option('--json', 'one JSON document a session and line');
  withLedgerOptions(command)
    .addHelpText('after', '\nExamples:\n  qos-ledger sessions --mobile-node mn-17@example.net\n  qos-ledger sessions --state live --json | wc -l')
    .action(async (options: SessionsOptions) => {
      const { mobileNode, foreignAgent, correspondentNode, state, limit, json = false } = options;
      await withLedger(options, cli, async client => {
        const sessions = client.list<SessionRow>('/v1/qos-sessions', { mobileNode, foreignAgent, correspondentNode, state }, limit);
        await printList(sessions, () => sessionColumns(cli), json, cli);
      });
      finish(0);
    });
}

function sessionColumns({ colors }: Cli): readonly Column<SessionRow>[] {
  return [
    { title: 'SESSION', text: row => row.sessionId, least: 13, paint: colors.dim },
    { title: 'MOBILE NODE', text: row => printable(row.mobileNode ?? '(unknown)'), least: 14 },
    { title: 'CORRESPONDENT', text: row => printable(row.correspondentNode ?? '*'), least: 13 },
    { title: 'PROTO', text: row => protocolName(row.protocol) },
    { title: 'PORTS', text: row => selectorText(row) },
    { title: 'AGENT', text: row => printable(row.foreignAgent), least: 12 },
    { title: 'FLOW ID', text: row => (row.effective === null ? 'none' : temporaryText(row.temporary)), paint: (cell, row) => (row.temporary ? colors.yellow(cell) : cell) },
    { title: 'STATE', text: row => (row.cause === null ? row.state : `${row.state}: ${row.cause}`), least: 8 },
  ];
}
