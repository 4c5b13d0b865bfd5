import { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import type { EventRow, Session, SessionLeg } from '../ledger-rows';
import { durationText } from '../terminal/duration';
import { flowIdText, temporaryText } from '../terminal/flow-text';
import { printList } from '../terminal/list';
import type { Column } from '../terminal/table';
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
        const session = await client.get<Session>(path);
        const history = client.list<EventRow>(`${path}/history`);
        if (options.json) {
          const events: EventRow[] = [];
          for await (const event of history) events.push(event);
          await cli.out.json({ ...session, history: events });
          return;
        }
        const facts = factsOf(session);
        const width = Math.max(...facts.map(([name]) => name.length));
        for (const [name, text] of facts) await cli.out.line(`${cli.colors.dim(name.padEnd(width))}  ${text}`);
        await cli.out.line();
        await printList(Readable.from(session.legs), () => legColumns, false, cli);
        await cli.out.line();
        await printList(history, () => eventColumns(cli), false, cli);
      });
      finish(0);
    });
}

/** What is known of the session itself; the ids in the words of whoever reads a router. */
function factsOf({ legs: _legs, ...session }: Session): readonly (readonly [string, string])[] {
  const told: Readonly<Record<string, unknown>> = {
    ...session,
    requested: flowIdText(session.requested),
    effective: session.effective && flowIdText(session.effective),
    temporary: session.temporary && temporaryText(session.temporary),
  };
  return Object.entries(told).flatMap(([name, value]) => (value === null ? [] : [[name, printable(value)] as const]));
}

const legColumns: readonly Column<SessionLeg>[] = [
  { title: 'CARE-OF ADDRESS', text: leg => leg.careOfAddress },
  { title: 'AGENT', text: leg => printable(leg.foreignAgent), least: 12 },
  { title: 'FLOW ID', text: leg => (leg.effective === null ? 'none' : temporaryText(leg.temporary)) },
  { title: 'MATCHED', text: leg => printable(leg.matched.map(({ mobileNode, state }) => `${mobileNode ?? '(unknown)'}${state === 'live' ? '' : ` (${state})`}`).join(', ')), least: 12 },
  { title: 'FROM', text: leg => leg.from },
  { title: 'TO', text: leg => leg.to ?? '' },
  { title: 'STATE', text: leg => (leg.cause === null ? leg.state : `${leg.state}: ${leg.cause}`) },
  { title: 'GAP', text: leg => (leg.gapMs === null ? '' : durationText(leg.gapMs)) },
  { title: 'HANDOFF', text: leg => leg.handoffId ?? '' },
];
