import type { HandoffRow } from '../handoff-rows';
import { durationText } from './duration';
import { wayText } from './handoff-text';
import type { Colors, Column } from './table';
import { printable } from './text';

export function handoffColumns(colors: Colors): readonly Column<HandoffRow>[] {
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

function paintState(colors: Colors, { state }: HandoffRow): (cell: string) => string {
  return state === 'completed' ? colors.green : state === 'rolled-back' ? colors.red : colors.yellow;
}

function sessionsText({ configured, degraded }: HandoffRow): string {
  if (configured === null || degraded === null) return '';
  return degraded === 0 ? `${configured}` : `${configured}, ${degraded} degraded`;
}
