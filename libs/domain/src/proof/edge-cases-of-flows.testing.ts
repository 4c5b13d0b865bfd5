import {
  admit, at, careOf, cn, cn2, configure, dismiss, esp, ff, given, icmp, path, pathTear, provision, release, resv, resvTear, se, tick, timeAt, tspec, wf,
  type FlowTableScenario,
} from './flow-table.testing';
import { fieldRanges } from '../flow/policy';
import { decideStep, newState } from './scope-life.testing';

/** A name in the words of domain.md §8, and what must hold. */
export type EdgeCase = readonly [name: string, expectToHold: () => void];

const three = (): FlowTableScenario => given().visitors('mn-1', 'mn-2', 'mn-3');
/** A native, B temporary. */
const patent = (): FlowTableScenario => three().when(0, configure('a', 'mn-1', ff())).when(0, configure('b', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 'a');

export const edgeCasesOfFlows: readonly EdgeCase[] = [
  ['same MN re-sends (refresh)', () => void three().when(0, configure('a', 'mn-1', ff()))
    .when(30, configure('x', 'mn-1', ff())).thenNative('refreshed').thenAnswer({ sessionId: 'a' }).thenNothingAppended()],
  ['same flow, new Tspec (modify)', () => void patent().when(1, configure('x', 'mn-2', ff(), { tspec: { ...tspec, r: 20_000 } }))
    .thenAnswer({ outcome: 'modified', sessionId: 'b' }).thenEvents({ type: 'QosSessionModified', tspec: { ...tspec, r: 20_000 } }).thenEffective(`ports ${cn} 17 49152 5004`)],
  ['two MNs, same CN, same ports (the case of the patent)', () => void patent().thenEffective(`ports ${cn} 17 49152 5004`)
    .thenEvents({ type: 'TemporaryFlowIdAllocated', field: 'sourcePort', value: 49152 }, { type: 'QosSessionConfigured', matched: [{ sessionId: 'a', state: 'live' }] })],
  ['two MNs, same home address, different HAs', () => {
    const [one, other] = ['10.0.0.5@203.0.113.1', '10.0.0.5@203.0.113.2'] as const;
    given().when(0, admit(one, 1n, { homeAgent: '203.0.113.1' })).when(0, admit(other, 1n, { homeAgent: '203.0.113.2' }))
      .when(0, configure('a', one, ff())).thenNative().when(0, configure('b', other, ff())).thenTemporary('sourcePort', 49152, 'a');
  }],
  ["native newcomer equals another's *temporary* id", () => void patent().when(1, configure('c', 'mn-3', ff({ sourcePort: 49152 })))
    .thenTemporary('sourcePort', 49153, 'b').thenHeld('a', 'b', 'c')],
  ['A native, B temporary, A ends, C asks for the same: quarantine makes C temporary, B keeps its own', () => void patent().when(1, release('a'))
    .when(2, configure('c', 'mn-3', ff())).thenTemporary('sourcePort', 49153, 'a q')
    .when(3, configure('x', 'mn-2', ff())).thenAnswer({ outcome: 'refreshed', sessionId: 'b', temporary: { field: 'sourcePort', value: 49152 } })],
  ['A returns within quarantine and reclaims', () => void patent().when(1, release('a'))
    .when(2, configure('c', 'mn-1', ff())).thenNative().thenEvents({ type: 'QosSessionConfigured', sessionId: 'c', reclaimed: true })],
  ['pool of 1, of 0', () => void three().when(0, provision(1n, {}, { sourcePort: { first: 50_000, last: 50_000 } }))
    .when(0, configure('a', 'mn-1', ff())).when(0, configure('b', 'mn-2', ff())).thenTemporary('sourcePort', 50_000, 'a')
    .when(0, configure('c', 'mn-3', ff())).thenRefused('flow-id-pool-exhausted').thenNothingAppended()
    .when(0, provision(2n, {}, { sourcePort: null })).when(1, release('b'))
    .when(999, configure('c', 'mn-3', ff({ destinationPort: 9 }))).thenNative().when(999, configure('b', 'mn-2', ff({ destinationPort: 9 }))).thenRefused('flow-id-pool-exhausted')],
  ['200 concurrent configures', () => {
    const state = newState({ careOfAddress: careOf, steps: [] });
    for (let i = 0; i < 200; i++) {
      decideStep(state, { seconds: 0, command: admit(`mn-${i}`, 1n) });
      decideStep(state, { seconds: 0, command: configure(`s${i}`, `mn-${i}`, ff()) });
    }
    const ids = [...state.sessions.values()].map(({ temporary }) => temporary?.value ?? 'native');
    expect(ids.filter((id) => id === 'native')).toHaveLength(1);
    expect(new Set(ids).size).toBe(200);
  }],
  ['retry after the answer was lost', () => void patent().when(0, configure('b', 'mn-2', ff())).thenNothingAppended()
    .thenAnswer({ outcome: 'refreshed', sessionId: 'b', temporary: { field: 'sourcePort', value: 49152 } }).when(1, release('b')).when(1, release('b')).thenNothingAppended()],
  ['WF arrives where FF lives', () => void three().when(0, configure('a', 'mn-1', ff()))
    .when(0, configure('b', 'mn-2', wf())).thenTemporary('destinationPort', 49152, 'a').thenEffective('wildcard 17 49152')],
  ['SE list overlaps in part', () => void three().when(0, configure('a', 'mn-1', se([cn, 5000], [cn2, 5000])))
    .when(0, configure('b', 'mn-2', se([cn2, 5000], [cn2, 6000]))).thenTemporary('destinationPort', 49152, 'a').when(0, configure('c', 'mn-3', se([cn2, 7000]))).thenNative()],
  ['style change in a session', () => void three().when(0, configure('a', 'mn-1', ff())).when(1, configure('b', 'mn-1', wf())).thenRefused('style-conflict').thenNothingAppended()
    .when(1, configure('b', 'mn-1', se([cn2, 1]))).thenRefused('style-conflict').thenHeld('a')],
  ['destination port 0 against non-zero', () => void three().when(0, configure('a', 'mn-1', ff()))
    .when(0, configure('b', 'mn-2', ff({ destinationPort: 0, correspondentNode: cn2 }))).thenRefused('port-zero-conflict').thenNothingAppended()],
  ['source port 0', () => void three().when(0, configure('a', 'mn-1', ff({ sourcePort: 0 }))).when(0, configure('b', 'mn-2', ff())).thenNative()
    .when(0, configure('c', 'mn-3', ff({ sourcePort: 0 }))).thenTemporary('sourcePort', 49152, 'a')],
  ['ICMP, OSPF (no ports)', () => {
    for (const protocol of [1, 89]) {
      three().when(0, configure('a', 'mn-1', icmp({ protocol }))).thenNative().when(0, configure('b', 'mn-2', icmp({ protocol })))
        .thenTemporary('greKey', 1, 'a').thenEffective(`gre-key ${cn} 1`);
    }
  }],
  ['ESP rekey: a new session that says which one it `replaces`; the old one is released after it; history reads as one line', () => void three()
    .when(0, configure('a', 'mn-1', esp(7))).when(1, configure('b', 'mn-1', esp(8), { replaces: 'a' })).thenNative()
    .thenEvents({ type: 'QosSessionConfigured', sessionId: 'b', replaces: 'a' }, { type: 'QosSessionReleased', sessionId: 'a', cause: 'replaced' }).thenHeld('b')],
  ['flow label 0, label > 20 bits', () => {
    const [v6, careOf6] = ['2001:db8::7', '2001:db8:1::1'] as const;
    const flow = { correspondentNode: v6, protocol: 17, destinationPort: 5004, sourcePort: 5000 };
    given(careOf6).visitors('mn-1').when(0, path('a', 'mn-1', { ...flow, flowLabel: 0 })).thenEffective(`ports ${v6} 17 5000 5004`);
    // What a flow label cannot hold is malformed before it comes here; a temporary one never leaves the 20 bits.
    const last = { flowLabel: { first: fieldRanges.flowLabel.last, last: fieldRanges.flowLabel.last } };
    given(careOf6).visitors('mn-1', 'mn-2', 'mn-3').when(0, provision(1n, {}, last)).when(0, configure('a', 'mn-1', flow))
      .when(0, configure('b', 'mn-2', flow)).thenTemporary('flowLabel', 0xfffff, 'a').when(0, configure('c', 'mn-3', flow)).thenRefused('flow-id-pool-exhausted');
  }],
  ['RESV before PATH (error 03), RESV for an unknown sender (04)', () => void given().when(0, resv('a', 'mn-1', ff()))
    .thenEvents({ type: 'QosSessionConfigured', violations: [{ name: 'resv-before-path', detail: expect.stringContaining('error 03') }] })
    .when(1, resv('b', 'mn-1', ff({ sourcePort: 6000 }))).thenEvents({ violations: [{ name: 'resv-before-path', code: 3 }] })
    .when(2, path('x', 'mn-1', ff())).when(3, resv('c', 'mn-1', ff({ sourcePort: 7000 })))
    .thenEvents({ violations: [{ name: 'resv-for-unknown-sender', detail: expect.stringContaining('error 04'), code: 4 }] })],
  ['ResvTear then new RESV', () => void three().when(0, path('a', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff())).thenHeld('a path-only')
    .when(3, configure('b', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 'a').when(4, resv('x', 'mn-1', ff())).thenNative('modified').thenHeld('a', 'b')],
  ['lost PathTear', () => void given().when(0, path('a', null, ff())).when(236, tick).thenHeld('a path-only')
    .when(237, tick).thenEvents({ cause: 'soft-state-timeout', occurredAt: timeAt(236.25) }).thenHeld()
    .when(238, pathTear(null, ff())).thenEvents('SignallingObserved')],
  ['refresh exactly at the deadline', () => void given().visitors('mn-1').when(0, configure('a', 'mn-1', ff(), { refreshPeriodMs: 1_000 }))
    .when(7.875, configure('b', 'mn-1', ff(), { refreshPeriodMs: 1_000 })).thenEvents({ cause: 'soft-state-timeout', occurredAt: timeAt(7.875) }, { sessionId: 'b', reclaimed: true })],
  ['refresh period changes', () => void three().when(0, configure('a', 'mn-1', ff()))
    .when(1, configure('x', 'mn-1', ff(), { refreshPeriodMs: 1_000 })).thenEvents({ type: 'QosSessionModified', refreshPeriodMs: 1_000, expiresAt: timeAt(8.875) })
    .when(2, configure('x', 'mn-1', ff(), { refreshPeriodMs: 0 })).thenEvents({ refreshPeriodMs: 0, expiresAt: null }).when(9_999, tick).thenHeld('a')],
  ['clock skew and out-of-order capture', () => void given().when(10, path('a', 'mn-1', ff())).when(5, tick).thenNothingAppended()
    .when(10, path('b', 'mn-2', ff({ sourcePort: 1 }), { observedAt: at(1) }))
    .thenEvents({ type: 'ObservedLate', message: 'ObservePath', observedAt: timeAt(1), occurredAt: timeAt(10) }).thenHeld('a path-only')],
  ['p = Infinity, m = 0', () => {
    const bucket = { r: 1, b: 1, p: 'Infinity', m: 0, M: 1 } as const;
    given().visitors('mn-1').when(0, configure('a', 'mn-1', ff(), { tspec: bucket })).thenEvents({ type: 'QosSessionConfigured', tspec: bucket })
      .when(1, configure('x', 'mn-1', ff(), { tspec: bucket })).thenAnswer({ outcome: 'refreshed' }).thenNothingAppended();
  }],
  ['one FA, two CoAs', () => {
    for (const careOfAddress of [careOf, '198.51.100.2']) given(careOfAddress).visitors('mn-1', 'mn-2').when(0, configure('a', 'mn-1', ff())).thenNative();
    given(careOf).visitors('mn-1').when(0, dismiss('mn-1', 2n)).when(1, configure('a', 'mn-1', ff())).thenRefused('no-binding');
  }],
];
