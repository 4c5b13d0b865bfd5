import type { LedgerEvent } from './events';
import {
  admit, at, close, cn, cn2, configure, dismiss, ff, path, pathTear, provision, reboot, release, reopen, resv, se, tick, timeAt, wf, withdraw,
} from '../proof/flow-table.testing';
import type { Flow } from '../flow/flow';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { FlowTableState } from '../scope/flow-table-state';
import { handleForeignAgents, type ForeignAgentsCommand } from '../foreign-agents/foreign-agents';
import { initialForeignAgents } from '../foreign-agents/foreign-agents-state';
import { admitLegs, endOld, hold, leg, unhold } from '../legs/handoff.testing';
import { handleMobileNode } from '../mobile-node/mobile-node';
import type { MobileNodeCommand } from '../commands/mobile-node-commands';
import { initialMobileNode } from '../mobile-node/mobile-node-state';
import { asked, register, replied } from '../mobile-node/mobile-node.testing';
import { defaultPolicy, defaultPools } from '../flow/policy';

export type GoldenStream = 'flowTable' | 'mobileNode' | 'foreignAgents';

/** Paths and reservations that meet in a session: fields that came to events which were recorded before. */
export function meetings(): LedgerEvent[] {
  const from = (nextHop: string) => ({ nextHop, node: '198.51.100.1', service: 'guaranteed', rspec: { R: 'Infinity', S: 7 } }) as const;
  const adspec = { breakBit: true, hops: 2, bandwidth: 'Infinity', latencyMicroseconds: 5, pathMtu: 1500, guaranteed: null, controlledLoad: { breakBit: false } } as const;
  const told: [number, FlowTableCommand][] = [
    [0, path('s1', null, ff(), { adspec })], [0, path('s2', null, ff({ correspondentNode: cn2 }), { adspec: { ...adspec, hops: 3 } })],
    [1, resv('s3', null, se([cn, 5000], [cn2, 5000]), from('10.0.0.1'))], [2, resv('x', null, se([cn, 5000]), from('10.0.0.2'))],
    [100, path('x', null, ff())], [100, resv('x', null, se([cn, 5000]), from('10.0.0.2'))], [101, resv('x', null, se([cn, 5000], [cn2, 5000]), from('10.0.0.1'))],
    [200, tick], [237, path('x', null, ff())],
  ];
  return comesTo(told);
}

/** An advertisement names an address that another agent has. */
export function addressesOfOthers(): LedgerEvent[] {
  const named = [['198.51.101.1'], ['198.51.101.2'], ['198.51.101.1', '198.51.101.2'], ['198.51.101.1', '198.51.101.2', '198.51.101.3']];
  let state = initialForeignAgents;
  return named.flatMap((careOfAddresses, seconds) => {
    const decided = handleForeignAgents(state, { type: 'Learn', foreignAgent: null, careOfAddresses, learnedFrom: 'advertisement' }, at(seconds));
    state = decided.state;
    return decided.events;
  });
}

/** Provisioned today, for a capture of an earlier time. */
export function provisionedBefore(): LedgerEvent[] {
  return comesTo([[1_000, provision(0n)], [0, path('s1', null, ff())], [1, provision(1n)], [2, resv('x', null, ff())]]);
}

/** Paths of a wildcard reservation, one after the other torn or lapsed. */
export function wildcardPaths(): LedgerEvent[] {
  return comesTo([
    [0, path('s1', null, ff())], [0, path('s2', null, ff({ correspondentNode: cn2 }))], [1, resv('s3', null, wf())], [2, path('x', null, ff({ sourcePort: 7000 }))],
    [3, pathTear(null, ff({ sourcePort: 7000 }))], [200, path('x', null, ff())], [201, resv('x', null, wf())], [237, tick],
  ]);
}

/** A sender leaves a list while its path stands, and its path takes the id back. */
export function sendersWithPaths(): LedgerEvent[] {
  const list = se([cn, 5000], [cn2, 5000], [cn2, 6000]);
  return comesTo([
    [0, path('s1', null, ff())], [0, path('s2', null, ff({ correspondentNode: cn2 }))], [1, resv('s3', null, list)], [2, resv('x', null, se([cn, 5000]))],
    [30, path('s4', null, ff({ correspondentNode: cn2 }))], [31, resv('x', null, se([cn, 5000], [cn2, 5000]))], [32, resv('x', null, se([cn, 5000]))],
  ]);
}

/** A torn list and a torn wildcard are taken over in another style for one sender: what is left of them. */
export function tornReservations(): LedgerEvent[] {
  const [one, other] = [ff(), ff({ correspondentNode: cn2 })];
  const tears = (flow: Flow, style: 'SE' | 'WF') => ({ type: 'ObserveReservationTear', mobileNode: null, style, violations: [], observedAt: Number.NaN, flow }) as const;
  return comesTo([
    [0, path('s1', null, one)], [0, path('s2', null, other)], [1, resv('s3', null, se([cn, 5000], [cn2, 5000]))], [2, tears(se([cn, 5000], [cn2, 5000]), 'SE')],
    [3, resv('s4', null, one)], [4, resv('s5', null, other)], [5, pathTear(null, one)], [5, pathTear(null, other)],
    [300, path('s6', null, one)], [300, path('s7', null, other)], [301, resv('s8', null, wf())], [302, tears(wf(), 'WF')], [303, resv('s9', null, se([cn, 5000]))],
  ]);
}

/** Senders that SPIs tell, and that a label tells beside a port: fields that came to senders, their paths and their ids. */
export function sendersByLabel(): LedgerEvent[] {
  const esp = (spi: number): Flow => ({ correspondentNode: cn, protocol: 50, destinationPort: 9, spi });
  const spis = (...all: number[]): Flow => ({ protocol: 50, destinationPort: 9, senders: all.map((spi) => ({ correspondentNode: cn, spi })) });
  const label = { correspondentNode: '2001:db8::7', flowLabel: 5 };
  return comesTo([
    [0, path('s1', null, esp(7))], [0, path('s2', null, esp(8))], [1, resv('s3', null, spis(7, 8))], [2, resv('x', null, spis(7))], [30, path('s4', null, esp(8))],
    [31, resv('x', null, spis(7, 8))], [32, admit('mn-1', 1n)], [33, configure('s5', 'mn-1', spis(7, 9))], [34, pathTear(null, esp(7))],
    [35, resv('s6', null, { protocol: 17, destinationPort: 5004, senders: [label, { correspondentNode: cn2, sourcePort: 1 }] })], [120, path('x', null, esp(8))], [200, tick],
  ]);
}

/** One path and one reservation that are seen on two links, whose R differ; then a list that covers the path. */
export function links(): LedgerEvent[] {
  const downstream = { nextHop: '10.0.0.1', node: '198.51.100.1', refreshPeriodMs: 10_000 };
  return comesTo([
    [0, path('s1', null, ff(), { previousHop: '203.0.113.1', refreshPeriodMs: 30_000 })], [0, path('x', null, ff(), { previousHop: '198.51.100.1', refreshPeriodMs: 10_000 })],
    [1, resv('s2', null, se([cn, 5000]), downstream)], [1, resv('x', null, se([cn, 5000]), { ...downstream, nextHop: '198.51.100.1', node: '203.0.113.1', refreshPeriodMs: 60_000 })],
    [30, path('x', null, ff(), { previousHop: '203.0.113.1', refreshPeriodMs: 60_000 })], [31, resv('x', null, se([cn, 5000]), { ...downstream, nextHop: '10.0.0.2' })], [120, tick],
  ]);
}

/** A sender that announces another Tspec than is reserved, by itself and in a list. */
export function announcements(): LedgerEvent[] {
  const more = { tspec: { r: 20_000, b: 2_000, p: 30_000, m: 64, M: 1_500 } };
  return comesTo([
    [0, path('s1', null, ff(), more)], [1, resv('x', null, ff())], [2, path('x', null, ff())],
    [3, path('s2', null, ff({ destinationPort: 7000, correspondentNode: cn2 }), more)], [4, resv('s3', null, { ...se([cn2, 5000]), destinationPort: 7000 })],
    [5, path('x', null, ff({ destinationPort: 7000, correspondentNode: cn2 }))],
  ]);
}

/** Sessions that ended while a handoff held them that another one supersedes: a field that came to LegsHeld. */
export function endsBetweenHandoffs(): LedgerEvent[] {
  return comesTo([
    [0, admit('mn-1', 1n)], [0, configure('s1', 'mn-1', ff())], [0, configure('s2', 'mn-1', ff({ sourcePort: 6000 }))], [1, hold('h1', 2n)],
    [2, release('s1')], [3, hold('h2', 5n)], [4, endOld('h2', 5n)],
  ]);
}

/** Who comes where the address was taken from the agent: a field that came to VisitorAdmitted. */
export function visitsBehindRemoval(): LedgerEvent[] {
  return comesTo([
    [0, provision(1n)], [1, close(2n)], [2, withdraw(3n)], [3, admit('mn-1', 1n, { evenWithdrawn: true })],
    [4, admitLegs('h1', 5n, [leg('s1')], { mobileNode: 'mn-2', evenWithdrawn: true })],
  ]);
}

/** Legs that a handoff brought, and whose sessions are over: a field that came to what ends a leg. */
export function endsEverywhere(): LedgerEvent[] {
  return comesTo([
    [0, provision(1n, {}, { sourcePort: null })], [0, admit('mn-2', 1n)], [0, configure('o', 'mn-2', ff())],
    [1, admitLegs('h1', 2n, [leg('s1'), leg('s2', ff({ sourcePort: 6000 }))])], [2, pathTear('mn-1', ff({ sourcePort: 6000 }))], [3, release('s1')],
  ]);
}

/** Paths that a list takes over, one where a handoff had brought it, one that it had left: a field that came to what ends a leg. */
export function mergedElsewhere(): LedgerEvent[] {
  const list = { flow: { protocol: 17, destinationPort: 5004 }, style: 'SE' } as const;
  return comesTo([
    [0, admit('mn-2', 1n)], [0, configure('s3', 'mn-2', ff())], [1, dismiss('mn-2', 2n, { cause: 'superseded', orphanedUntil: null })],
    [2, { ...release('s3', 'merged'), leftBy: 'mn-2', mergedInto: list }], [3, admit('mn-2', 3n)], [4, configure('s4', 'mn-2', se([cn, 5000]))],
    [5, admitLegs('h1', 2n, [leg('s1', ff({ sourcePort: 7 }), { state: 'path-only', style: null })])], [6, configure('s2', 'mn-1', se([cn, 7], [cn2, 7]))],
  ]);
}

/** Two home agents at one care-of address: fields that came to RegistrationAccepted and RegistrationEnded. */
export function bindingsOfHomes(): LedgerEvent[] {
  const second = { homeAgent: '203.0.113.2', homeAddress: '10.0.0.6' };
  const told: [number, MobileNodeCommand][] = [
    [0, register({ identification: '7' })], [1, register({ ...second, identification: '5', lifetimeSeconds: 100 })], [2, register({ homeAddress: '10.0.0.7', identification: '8', lifetimeSeconds: 200 })],
    [3, register({ identification: '9', lifetimeSeconds: 0 })], [4, register({ ...second, identification: '6', lifetimeSeconds: 50 })], [60, { type: 'Tick' }],
    [61, register({ ...second, identification: '7', lifetimeSeconds: 900 })],
  ];
  let state = initialMobileNode;
  return told.flatMap(([seconds, command]) => {
    const decided = handleMobileNode(state, command, at(seconds));
    state = decided.state;
    return [...decided.events];
  });
}

/** Messages that make no sense, and come again: a field that came to SignallingObserved. */
export function whatMakesNoSense(): LedgerEvent[] {
  const odd = (digest: string, ...names: string[]): FlowTableCommand =>
    ({ type: 'ObserveOther', message: 'resv', mobileNode: null, flow: null, detail: {}, digest, violations: names.map((name) => ({ name, detail: 'x' })), observedAt: 0 });
  return comesTo([
    [0, odd('a1', 'style-reserved')], [30, odd('a1', 'style-reserved')], [31, odd('b2', 'style-reserved')], [60, odd('a1', 'style-reserved', 'checksum-wrong')], [90, odd('b2', 'style-reserved')],
  ]);
}

/** An address that is closed, opened and taken before anything happens there: a field that came to the events that say so. */
export function takenBefore(): LedgerEvent[] {
  return comesTo([[1_000, close(1n)], [1_001, reopen(1n)], [1_002, withdraw(2n)], [1_003, provision(3n)], [0, path('s1', null, ff())], [1, resv('x', null, ff())]]);
}

/** Who comes by a clock that was set back: a field that came to VisitorAdmitted. */
export function aheadOfTheClock(): LedgerEvent[] {
  const forAMinute = { expiresAt: timeAt(60), asOf: at(0) };
  return comesTo([
    [0, admit('mn-3', 1n)], [120, configure('s3', 'mn-3', ff())], [0, admit('mn-2', 1n, forAMinute)], [1, configure('s2', 'mn-2', ff())],
    [1, admitLegs('h1', 2n, [leg('s1')], forAMinute)], [2, dismiss('mn-2', 2n, { cause: 'superseded', orphanedUntil: timeAt(60), asOf: at(2) })],
  ]);
}

function comesTo(told: readonly [number, FlowTableCommand][]): LedgerEvent[] {
  const state = new FlowTableState('fa-1', '198.51.100.1');
  return told.flatMap(([seconds, command]) => handleFlowTable(state, 'observedAt' in command ? { ...command, observedAt: at(seconds) } : command, at(seconds)).events);
}

/** A life of each kind of stream in which every event type comes to pass; an append after the other. */
export const lives: Readonly<Record<GoldenStream, () => LedgerEvent[][]>> = {
  flowTable: () => {
    const one = { sourcePort: { first: 50_000, last: 50_000 } };
    const told: [number, FlowTableCommand][] = [
      [0, provision(1n, { quarantineSeconds: 60 }, one)], [0, admit('mn-1', 1n)], [0, admit('mn-2', 1n)], [0, admit('mn-3', 1n)],
      [1, configure('s1', 'mn-1', ff())], [1, configure('s2', 'mn-2', ff())], [2, configure('s3', 'mn-3', se([cn2, 1], [cn2, 2]))],
      [3, configure('x', 'mn-3', se([cn2, 1]))], [4, path('s4', null, ff({ destinationPort: 0, correspondentNode: cn2 }), { observedAt: at(4) })],
      [4, path('s5', 'mn-3', ff({ protocol: 6 }), { observedAt: at(1) })], [5, resv('s6', 'mn-3', ff({ protocol: 6 }), { observedAt: at(5) })],
      [100, configure('x', 'mn-1', ff())], [101, admitLegs('h1', 5n, [leg('s7'), leg('s8', ff({ protocol: 132 }))], { mobileNode: 'mn-4' })],
      [102, release('s7')], [103, hold('h2', 2n)], [104, unhold('h2', 3n)], [105, hold('h3', 4n)], [106, endOld('h3', 5n)],
      [107, dismiss('mn-2', 2n, { cause: 'superseded', orphanedUntil: null })], [170, tick], [171, reboot(2n)], [172, admit('mn-1', 9n)], [173, configure('s9', 'mn-1', ff())],
      [174, withdraw(3n, true)], [1_000, tick], [1_001, provision(4n)],
      [1_002, close(5n)], [1_003, reopen(5n)],
    ];
    const state = new FlowTableState('fa-1', '198.51.100.1');
    return told.map(([seconds, command]) => [...handleFlowTable(state, command, at(seconds)).events]);
  },
  mobileNode: () => {
    const handsOff = { replayProtection: 'rising', maximumLifetimeSeconds: 600, handoff: 'make-before-break' } as const;
    const arrives = (careOfAddress: string, handoffId: string) => register({ foreignAgent: `agent-of-${careOfAddress}`, careOfAddress, policy: handsOff, handoffId });
    const start = {
      type: 'StartHandoff', handoffId: 'h3', mobileNode: 'mn-1', foreignAgent: 'fa-4', careOfAddress: '198.51.103.1', kind: 'make-before-break',
      oldLegs: 'release', ifRefused: 'roll-back', deadlineMs: 30_000, maximumLifetimeSeconds: 65_535,
    } as const;
    const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.5' };
    const told: [number, MobileNodeCommand][] = [
      [0, register({ identification: '7' })], [1, asked(1, { identification: '8' })], [2, replied(2, { identification: '8', code: 131 })], [3, replied(3, { identification: '8' })],
      [3, asked(1, { identification: '9' })], [4, register({ identification: '5' })], [5, arrives('198.51.101.1', 'h1')], [6, arrives('198.51.102.1', 'h2')],
      [7, { type: 'CommitHandoff', handoffId: 'h2', mobileNode: 'mn-1', configured: ['s1'], degraded: ['s2'] }],
      [8, { type: 'CompleteHandoff', handoffId: 'h2', mobileNode: 'mn-1', released: 2, orphaned: 0, gapMs: 0 }],
      [9, start], [10, { type: 'RollBackHandoff', handoffId: 'h3', reason: 'leg-refused', detail: 'No value is left.' }], [1_000, { type: 'Tick' }],
      [1_001, { type: 'ObserveRevocation', mobileNode: 'mn-1', foreignDomainAgent: '203.0.113.9', ...home, observedAt: at(1_001), violations: [] }],
      [1_002, { type: 'ObserveRevocationAck', mobileNode: 'mn-1', homeAddress: home.homeAddress, revocationIdentifier: 7, flags: ['I'], observedAt: at(1_002), violations: [] }],
    ];
    let state = initialMobileNode;
    return told.map(([seconds, command]) => {
      const decided = handleMobileNode(state, command, at(seconds));
      state = decided.state;
      return [...decided.events];
    });
  },
  foreignAgents: () => {
    const terms = { name: 'lobby', careOfAddresses: ['198.51.100.1', '198.51.100.2'], pools: defaultPools, policy: defaultPolicy };
    const told: [number, ForeignAgentsCommand][] = [
      [0, { type: 'Provision', foreignAgent: 'fa-1', ...terms }], [1, { type: 'Learn', foreignAgent: null, careOfAddresses: ['198.51.101.1'], learnedFrom: 'advertisement' }],
      [2, { type: 'ReportReboot', foreignAgent: 'fa-1', reportedBy: 'advertisement', sequenceNumbers: { before: 900, now: 0 } }], [3, { type: 'Remove', foreignAgent: 'fa-1' }],
      [4, { type: 'CloseAddresses', foreignAgent: '198.51.101.1', careOfAddresses: ['198.51.101.1'] }], [5, { type: 'ReopenAddresses', foreignAgent: '198.51.101.1', closing: 4n }],
    ];
    let state = initialForeignAgents;
    return told.map(([seconds, command]) => {
      const decided = handleForeignAgents(state, command, at(seconds));
      state = decided.state;
      return [...decided.events];
    });
  },
};
