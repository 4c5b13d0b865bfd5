import type { ScopeLife, Step } from './arbitrary-scopes.testing';
import type { FlowTableEvent } from '../events/events';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableAnswer } from '../commands/flow-table-commands';
import { evolveFlowTable } from '../scope/flow-table-evolve';
import { FlowTableState } from '../scope/flow-table-state';
import { at } from './flow-table.testing';

export interface Lived {
  readonly state: FlowTableState;
  readonly step: Step;
  readonly answer: FlowTableAnswer;
  readonly events: readonly FlowTableEvent[];
}

export function newState(life: ScopeLife): FlowTableState {
  return new FlowTableState('fa-1', life.careOfAddress);
}

export function decideStep(state: FlowTableState, step: Step): Lived {
  return { state, step, ...handleFlowTable(state, step.command, at(step.seconds)) };
}

/** Lives through the steps, and looks after each. */
export function liveThrough(
  life: ScopeLife,
  look: (lived: Lived) => void = () => undefined,
): { readonly state: FlowTableState; readonly events: FlowTableEvent[] } {
  const state = newState(life);
  const events: FlowTableEvent[] = [];
  for (const step of life.steps) {
    const lived = decideStep(state, step);
    events.push(...lived.events);
    look(lived);
  }
  return { state, events };
}

/** As a server reads it from the store: text, folded event by event. */
export function replay(life: ScopeLife, events: readonly FlowTableEvent[], look: (state: FlowTableState) => void = () => undefined): FlowTableState {
  const state = newState(life);
  for (const event of events) {
    evolveFlowTable(state, JSON.parse(JSON.stringify(event)) as FlowTableEvent);
    look(state);
  }
  return state;
}

/** What `expect(a).toBe(b)` says, at a fraction of its price while they are the same: properties ask millions of times. */
export function expectSame(received: unknown, expected: unknown): void {
  if (received !== expected) expect(received).toBe(expected);
}
