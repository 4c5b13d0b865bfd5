import type { Command } from 'commander';
import type { FlowId } from '#domain';
import type { Cli, Finish } from '../cli';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import type { EventRow } from '../ledger-rows';
import { position, wholeNumber } from '../options';
import { flowIdText } from '../terminal/flow-text';
import { printList } from '../terminal/list';
import type { Column } from '../terminal/table';
import { printable } from '../terminal/text';

interface EventsOptions extends LedgerOptions {
  readonly after?: string;
  readonly last?: number;
  readonly limit?: number;
  readonly type?: string;
  readonly category?: string;
  readonly stream?: string;
  readonly json?: true;
}

export function addEvents(program: Command, cli: Cli, finish: Finish): void {
  const command = program
    .command('events')
    .description('List the events of the ledger in their order.')
    .option('--after <position>', 'only those behind this position', position)
    .option('--last <n>', 'the newest n, newest first', wholeNumber(1))
    .option('--limit <n>', 'at most so many', wholeNumber(1))
    .option('--type <name>', 'such as QosSessionConfigured; several with commas')
    .option('--category <name>', 'flowTable, mobileNode or foreignAgents')
    .option('--stream <name>', 'one stream')
    .option('--json', 'one JSON document an event and line');
  withLedgerOptions(command)
    .addHelpText('after', "\nExamples:\n  qos-ledger events --last 20\n  qos-ledger events --type TemporaryFlowIdAllocated --json | jq '.data.value'")
    .action(async (options: EventsOptions) => {
      const { after, last, limit, type, category, stream, json = false } = options;
      await withLedger(options, cli, async client => {
        const direction = last === undefined ? undefined : 'backwards';
        const events = client.list<EventRow>('/v1/events', { after, direction, type, category, stream }, last ?? limit);
        await printList(events, () => eventColumns(cli), json, cli);
      });
      finish(0);
    });
}

export function eventColumns(cli: Pick<Cli, 'colors'>): readonly Column<EventRow>[] {
  const { colors } = cli;
  return [
    { title: 'POSITION', text: event => event.position, align: 'right', paint: colors.dim },
    { title: 'RECORDED', text: event => event.recordedAt.replace('T', ' ').replace('Z', ''), paint: colors.dim },
    { title: 'EVENT', text: event => event.type, paint: colors.bold },
    { title: 'STREAM', text: event => printable(event.stream), least: 20 },
    { title: 'WHAT', text: event => eventText(event), least: 20 },
  ];
}

/** The plain facts of an event that its stream does not tell already. */
export function eventText({ data }: EventRow): string {
  const told = new Set(['foreignAgent', 'careOfAddress', 'occurredAt', 'pools', 'policy', 'requested', 'matched', 'violations', 'type']);
  return Object.entries(data)
    .filter(([name, value]) => !told.has(name) && value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}=${printable(name === 'effective' ? flowIdText(value as FlowId) : name === 'legs' ? (value as readonly unknown[]).length : value)}`)
    .join(' ');
}
