import { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Cli, Finish } from '../cli';
import type { Handoff, HandoffLeg, HandoffStep } from '../handoff-rows';
import { type LedgerOptions, withLedger, withLedgerOptions } from '../http/open-ledger';
import { durationBetween, durationText } from '../terminal/duration';
import { uuid } from '../options';
import { isTold, stepName, stepText } from '../terminal/handoff-step-text';
import { causeText, flowText, gapText, legEndText, matchedText, outcomeText } from '../terminal/handoff-text';
import { printList } from '../terminal/list';
import type { Column } from '../terminal/table';
import { counted, printable } from '../terminal/text';

export function addHandoff(program: Command, cli: Cli, finish: Finish): void {
  const command = program
    .command('handoff')
    .description('Show one handoff step by step: what happened where, what became of each session, and why.')
    .argument('<id>', 'the handoff id, as `handoffs` and `session` tell it', uuid)
    .option('--json', 'one JSON document');
  withLedgerOptions(command)
    .addHelpText('after', '\nExample:\n  qos-ledger handoff 5f0c7a3e-1d5b-5a0e-8a52-0b1f6c2d9e47')
    .action(async (id: string, options: LedgerOptions & { readonly json?: true }) => {
      const handoff = await withLedger(options, cli, client => client.get<Handoff>(`/v1/handoffs/${encodeURIComponent(id)}`));
      if (options.json) await cli.out.json(handoff);
      else await show(handoff, cli);
      finish(0);
    });
}

async function show(handoff: Handoff, cli: Cli): Promise<void> {
  const { colors, out } = cli;
  const facts = factsOf(handoff);
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, text] of facts) await out.line(`${colors.dim(name.padEnd(width))}  ${text}`);
  await out.line();
  await printList(Readable.from(handoff.steps.filter(isTold)), () => stepColumns(handoff, cli), false, cli);
  if (handoff.legs.length === 0) return;
  await out.line();
  await printList(Readable.from(handoff.legs), () => legColumns(cli), false, cli);
  const losses = handoff.legs.flatMap(lossOf);
  if (losses.length > 0) await out.line();
  for (const loss of losses) await out.line(loss);
}

function factsOf(handoff: Handoff): readonly (readonly [string, string])[] {
  const { handoffId, mobileNode, kind, cause, state, reason, detail, from, to, startedAt, committedAt, endedAt, supersedes, supersededBy, deadline } = handoff;
  const scope = ({ foreignAgent, careOfAddress }: { foreignAgent: string; careOfAddress: string }): string => printable(`${foreignAgent} (${careOfAddress})`);
  const after = (time: string): string => `${time}, after ${durationBetween(startedAt, time)}`;
  const facts: readonly (readonly [string, string | null])[] = [
    ['handoff', handoffId],
    ['mobile node', printable(mobileNode)],
    ['from', from.map(scope).join(', ')],
    ['to', to === null ? 'home' : scope(to)],
    ['kind', `${kind}, by ${cause}`],
    ['state', reason === null ? state : `${state}: ${reason}. ${printable(detail)}`],
    ['started', startedAt],
    ['committed', committedAt && after(committedAt)],
    ['ended', endedAt && after(endedAt)],
    ['deadline', committedAt === null && endedAt === null ? deadline : null],
    ['supersedes', supersedes],
    ['superseded by', supersededBy],
    ['sessions', sumOf(handoff)],
  ];
  return facts.flatMap(([name, text]) => (text === null ? [] : [[name, text] as const]));
}

function sumOf({ configured, degraded, released, orphaned, gapMs }: Handoff): string | null {
  if (configured === null || degraded === null) return null;
  const old = released === null || orphaned === null ? [] : [`${counted(released, 'old leg')} released, ${orphaned} orphaned`];
  return [`${configured} configured, ${degraded} degraded`, ...old, ...(gapMs === null ? [] : [`gap ${durationText(gapMs)}`])].join('; ');
}

function stepColumns(handoff: Handoff, { colors }: Cli): readonly Column<HandoffStep>[] {
  const isBad = ({ type }: HandoffStep): boolean => type === 'LegRefused' || type === 'HandoffRolledBack';
  return [
    { title: 'POSITION', text: step => step.position, align: 'right', paint: colors.dim },
    { title: 'TIME', text: step => `+${durationBetween(handoff.startedAt, step.occurredAt)}`, align: 'right' },
    // The name of the stream without its category.
    { title: 'STREAM', text: step => printable(step.stream.replace(/^[^-]*-/, '')), paint: colors.dim },
    { title: 'STEP', text: stepName, paint: (cell, step) => (isBad(step) ? colors.red(cell) : colors.bold(cell)) },
    { title: 'WHAT', text: step => stepText(step, handoff) },
  ];
}

function legColumns({ colors }: Cli): readonly Column<HandoffLeg>[] {
  return [
    { title: 'SESSION', text: leg => leg.sessionId, least: 13, paint: colors.dim },
    { title: 'FLOW', text: flowText, least: 20 },
    { title: 'BEFORE', text: leg => legEndText(leg.from), least: 12 },
    { title: 'AFTER', text: leg => legEndText(leg.to), least: 12 },
    { title: 'OUTCOME', text: outcomeText, paint: (cell, leg) => (leg.outcome === 'degraded' ? colors.red(cell) : leg.outcome === 'configured' ? colors.green(cell) : cell) },
    { title: 'GAP', text: gapText },
  ];
}

/** In words, for every session that nothing carried for a while: since when, why, and until when. */
function lossOf(leg: HandoffLeg): string[] {
  const { outcome, from, to, rejection, detail, recoveredAt, gapMs } = leg;
  const flow = flowText(leg);
  if (outcome === 'degraded' && to !== null) {
    const agent = printable(to.foreignAgent);
    const owners = to.matched.length === 0 ? '' : ` Its own id was ${matchedText(to.matched)}.`;
    const now = recoveredAt !== null ? `It got an id at ${recoveredAt}.` : to.until === null ? 'It has none yet.' : `That ended at ${to.until}: ${causeText(to.cause ?? '')}.`;
    return [`${flow} lost its reservation at ${from?.until ?? to.since}: ${agent} refused it (${rejection ?? ''}). ${printable(detail)}${owners} ${now}`];
  }
  if (!gapMs || !from?.until) return [];
  return [`${flow} had no reservation for ${durationText(gapMs)} from ${from.until} on: the old leg ended before the new one began.`];
}
