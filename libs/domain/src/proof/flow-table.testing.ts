import type { FlowTableEvent } from '../events/events';
import { fingerprint } from './fingerprint.testing';
import type { Flow, Style, TemporaryField, Tspec } from '../flow/flow';
import { handleFlowTable } from '../flow-table/flow-table';
import type {
  AdmitVisitor, CloseScope, ConfigureSession, DismissVisitor, FlowTableAnswer, FlowTableCommand, ObservePath, ObservePathTear, ObserveReservation,
  ObserveReservationTear, ProvisionScope, RebootScope, ReleaseSession, ReopenScope, SessionAnswer, Tick, WithdrawScope,
} from '../commands/flow-table-commands';
import { evolveFlowTable } from '../scope/flow-table-evolve';
import { flowIdText } from '../flow/flow-id';
import { FlowTableState } from '../scope/flow-table-state';
import type { FrameTime } from '../scope/own-time';
import { defaultPolicy, defaultPools, type Policy, type PoolRange } from '../flow/policy';
import type { RejectionName } from '../refusals/rejection';
import { toTimestamp } from '../flow/soft-state';

/** Times of the tables are seconds after this. */
export const epoch = Date.parse('2026-01-01T00:00:00Z');
export const at = (seconds: number): number => epoch + seconds * 1000;
export const timeAt = (seconds: number): string => toTimestamp(at(seconds));

export const careOf = '198.51.100.1';
export const cn = '192.0.2.7';
export const cn2 = '192.0.2.8';
export const tspec: Tspec = { r: 10_000, b: 2_000, p: 20_000, m: 64, M: 1_500 };

// ---- commands, short enough for a table ---------------------------------------------------------------------------------

export function ff(fields: Partial<Flow> = {}): Flow {
  return { correspondentNode: cn, protocol: 17, destinationPort: 5004, sourcePort: 5000, ...fields };
}
export const se = (...senders: (readonly [string, number])[]): Flow => ({
  protocol: 17,
  destinationPort: 5004,
  senders: senders.map(([correspondentNode, sourcePort]) => ({ correspondentNode, sourcePort })),
});
export const wf = (destinationPort = 5004): Flow => ({ protocol: 17, destinationPort });
export const icmp = (fields: Partial<Flow> = {}): Flow => ({ correspondentNode: cn, protocol: 1, ...fields });
export const esp = (spi: number): Flow => ({ correspondentNode: cn, protocol: 50, spi });
const styleOf = (flow: Flow): Style => (flow.senders ? 'SE' : flow.correspondentNode === undefined ? 'WF' : 'FF');

export function configure(sessionId: string, mobileNode: string, flow: Flow, terms: Partial<ConfigureSession> = {}): ConfigureSession {
  const service = 'guaranteed';
  return {
    type: 'ConfigureSession', sessionId, mobileNode, flow, style: styleOf(flow), service, tspec, refreshPeriodMs: undefined, replaces: null, ...terms,
  };
}
export function release(sessionId: string, cause: ReleaseSession['cause'] = 'administrator', claimedBy: string | null = null): ReleaseSession {
  return { type: 'ReleaseSession', sessionId, cause, claimedBy };
}
export function admit(mobileNode: string, registrationRevision: bigint, terms: Partial<AdmitVisitor> = {}): AdmitVisitor {
  return { type: 'AdmitVisitor', mobileNode, homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', expiresAt: null, registrationRevision, ...terms };
}
export function dismiss(mobileNode: string, registrationRevision: bigint, terms: Partial<DismissVisitor> = {}): DismissVisitor {
  return { type: 'DismissVisitor', mobileNode, cause: 'deregistration', registrationRevision, orphanedUntil: null, ...terms };
}
export function provision(
  revision: bigint,
  policy: Partial<Policy> = {},
  pools: Partial<Record<TemporaryField, PoolRange | null>> = {},
): ProvisionScope {
  return { type: 'ProvisionScope', revision, policy: { ...defaultPolicy, ...policy }, pools: { ...defaultPools, ...pools } };
}
export const withdraw = (revision: bigint, force = false): WithdrawScope => ({ type: 'WithdrawScope', revision, force });
export const close = (revision: bigint): CloseScope => ({ type: 'CloseScope', revision });
export const reopen = (revision: bigint): ReopenScope => ({ type: 'ReopenScope', revision });
export const reboot = (revision: bigint): RebootScope => ({ type: 'RebootScope', revision });
export const tick: Tick = { type: 'Tick' };

/** Observed commands take the time of their step unless they say otherwise. */
type Observed<C> = Partial<C> & Pick<FlowTableCommand, 'type'>;
const unseen = { service: null, tspec, refreshPeriodMs: 30_000, violations: [], observedAt: Number.NaN } as const;
export const path = (sessionId: string, mobileNode: string | null, flow: Flow, terms: Partial<ObservePath> = {}): ObservePath =>
  ({ type: 'ObservePath', sessionId, mobileNode, flow, ...unseen, ...terms }) satisfies Observed<ObservePath>;
export const resv = (sessionId: string, mobileNode: string | null, flow: Flow, terms: Partial<ObserveReservation> = {}): ObserveReservation =>
  ({ type: 'ObserveReservation', sessionId, mobileNode, flow, style: styleOf(flow), ...unseen, ...terms }) satisfies Observed<ObserveReservation>;
export const pathTear = (mobileNode: string | null, flow: Flow): ObservePathTear =>
  ({ type: 'ObservePathTear', mobileNode, flow, violations: [], observedAt: Number.NaN });
export const resvTear = (mobileNode: string | null, flow: Flow): ObserveReservationTear =>
  ({ type: 'ObserveReservationTear', mobileNode, flow, style: styleOf(flow), violations: [], observedAt: Number.NaN });

// ---- given / when / then ------------------------------------------------------------------------------------------------

interface Settled {
  readonly answer: FlowTableAnswer;
  readonly events: readonly FlowTableEvent[];
}

/**
 * One scope and what it is told, a line a step. Every step is decided twice, unwound in between, and replayed in a second state:
 * a state that does not come back, or a replay that differs, fails whatever the table says.
 */
export class FlowTableScenario {
  readonly state: FlowTableState;
  private readonly replayed: FlowTableState;
  private settled: Settled = { answer: { outcome: 'done' }, events: [] };

  constructor(readonly careOfAddress = careOf) {
    this.state = new FlowTableState('fa-1', careOfAddress);
    this.replayed = new FlowTableState('fa-1', careOfAddress);
  }

  /** Nodes that are registered here without end. */
  visitors(...nodes: string[]): this {
    for (const node of nodes) this.when(0, admit(node, 1n));
    return this;
  }

  when(seconds: number, command: FlowTableCommand, frame?: FrameTime): this {
    const observed = 'observedAt' in command && Number.isNaN(command.observedAt) ? { ...command, observedAt: at(seconds) } : command;
    const { state, replayed } = this;
    const before = fingerprint(state);
    state.journal.begin();
    const first = handleFlowTable(state, observed, at(seconds), [], frame);
    state.journal.unwind();
    expect(fingerprint(state)).toBe(before);
    state.journal.begin();
    this.settled = handleFlowTable(state, observed, at(seconds), [], frame);
    state.journal.confirm();
    expect(fingerprint(this.settled)).toBe(fingerprint(first));
    for (const event of this.settled.events) evolveFlowTable(replayed, JSON.parse(JSON.stringify(event)) as FlowTableEvent);
    expect(fingerprint(replayed)).toBe(fingerprint(state));
    return this;
  }

  /** A session that answers natively: what it matched is nothing. */
  thenNative(outcome: SessionAnswer['outcome'] = 'configured'): this {
    expect(this.settled.answer).toMatchObject({ outcome, temporary: null, matched: [] });
    return this;
  }

  /** @param matched session ids, in order; with ` q` behind what is quarantined */
  thenTemporary(field: TemporaryField, value: number, ...matched: string[]): this {
    expect(this.settled.answer).toMatchObject({ outcome: 'configured', temporary: { field, value } });
    expect(this.session.matched.map((match) => match.sessionId + (match.state === 'live' ? '' : ' q'))).toEqual(matched);
    return this;
  }

  thenEffective(text: string): this {
    expect(flowIdText(this.session.effective)).toBe(text);
    return this;
  }

  thenAnswer(answer: Partial<SessionAnswer> | ({ readonly outcome: FlowTableAnswer['outcome'] } & Readonly<Record<string, unknown>>)): this {
    expect(this.settled.answer).toMatchObject(answer);
    return this;
  }

  thenRefused(rejection: RejectionName): this {
    expect(this.settled.answer).toMatchObject({ outcome: 'refused', rejection: { rejection } });
    return this;
  }

  /** Types of the events in order, or what they hold. */
  thenEvents(...events: (FlowTableEvent['type'] | Readonly<Record<string, unknown>>)[]): this {
    const expected = events.map((event) => (typeof event === 'string' ? { type: event } : event));
    expect(this.settled.events.map(({ type }) => type)).toEqual(this.settled.events.map((event, i) => expected[i]?.['type'] ?? event.type).slice(0, events.length));
    expect(this.settled.events).toMatchObject(expected);
    return this;
  }

  /** Session ids in order of arrival. */
  thenHeld(...sessions: string[]): this {
    expect([...this.state.sessions.values()].sort((a, b) => a.ordinal - b.ordinal).map(({ sessionId, state }) => (state === 'live' ? sessionId : `${sessionId} ${state}`))).toEqual(sessions);
    return this;
  }

  /** The field of the last event, whole: nothing stands beside what is named. */
  thenTold(field: string, told: unknown): this {
    expect((this.settled.events.at(-1) as unknown as Readonly<Record<string, unknown>> | undefined)?.[field]).toStrictEqual(told);
    return this;
  }

  /** No event has the field, be it empty. */
  thenWithout(field: string): this {
    for (const event of this.settled.events) expect(event).not.toHaveProperty(field);
    return this;
  }

  thenNothingAppended(): this {
    expect(this.settled.events).toEqual([]);
    return this;
  }

  private get session(): SessionAnswer {
    expect(this.settled.answer).toHaveProperty('effective');
    return this.settled.answer as SessionAnswer;
  }
}

export function given(careOfAddress?: string): FlowTableScenario {
  return new FlowTableScenario(careOfAddress);
}
