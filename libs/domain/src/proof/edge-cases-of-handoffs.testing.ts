import type { EdgeCase } from './edge-cases-of-flows.testing';
import { fingerprint } from './fingerprint.testing';
import { at, careOf, configure, ff, given, provision, release, tick, timeAt, type FlowTableScenario } from './flow-table.testing';
import { admitLegs, endOld, hold, leg } from '../legs/handoff.testing';
import { handleMobileNode } from '../mobile-node/mobile-node';
import type { MobileNodeCommand } from '../commands/mobile-node-commands';
import { initialMobileNode, type MobileNodeState } from '../mobile-node/mobile-node-state';
import { register } from '../mobile-node/mobile-node.testing';

const elsewhere = '198.51.101.1';
const third = '198.51.102.1';
const handsOff = { replayProtection: 'rising', maximumLifetimeSeconds: 65_535, handoff: 'make-before-break' } as const;
const arrives = (careOfAddress: string, handoffId: string): MobileNodeCommand => register({ foreignAgent: `agent of ${careOfAddress}`, careOfAddress, policy: handsOff, handoffId });

/** mn-1 has a temporary id where mn-2 was first. */
const beforeIt = (): FlowTableScenario => given(careOf).visitors('mn-1', 'mn-2').when(0, configure('o', 'mn-2', ff())).when(0, configure('s', 'mn-1', ff())).thenTemporary('sourcePort', 49152, 'o');

export const edgeCasesOfHandoffs: readonly EdgeCase[] = [
  ['make-before-break with the old leg orphaned', () => {
    const orphan = { oldLegs: 'orphan', orphanedUntil: timeAt(100) } as const;
    const old = beforeIt().when(1, hold('h1', 2n, orphan)).thenHeld('o', 's');
    given(elsewhere).when(1, admitLegs('h1', 2n, [leg('s')])).thenHeld('s').when(100, tick).thenHeld('s');
    old.when(2, endOld('h1', 2n, orphan)).thenHeld('o', 's orphaned').when(99, tick).thenHeld('o', 's orphaned')
      .when(100, tick).thenEvents({ type: 'QosSessionReleased', sessionId: 's', cause: 'registration-expiry', occurredAt: timeAt(100) }).thenHeld('o');
  }],
  ['ping-pong A→B→A within quarantine', () => {
    const old = beforeIt().when(1, hold('h1', 2n)).when(2, endOld('h1', 2n)).thenHeld('o');
    given(elsewhere).when(1, admitLegs('h1', 2n, [leg('s')])).when(3, hold('h2', 5n)).thenAnswer({ outcome: 'held', legs: [{ sessionId: 's' }] } as never).when(4, endOld('h2', 5n)).thenHeld();
    old.when(3, admitLegs('h2', 5n, [leg('s')])).thenHeld('o', 's')
      .thenEvents('VisitorAdmitted', { type: 'TemporaryFlowIdAllocated', value: 49152, choice: 'reclaimed' }, { type: 'QosSessionConfigured', sessionId: 's', reclaimed: true });
  }],
  ['the new FA already has a conflicting flow', () => {
    const pool = { sourcePort: { first: 50_000, last: 50_000 } };
    const there = (): FlowTableScenario => given(elsewhere).visitors('mn-2', 'mn-3').when(0, provision(1n, { quarantineSeconds: 0 }, pool)).when(0, configure('o', 'mn-2', ff()));
    there().when(1, admitLegs('h1', 2n, [leg('s')])).thenEvents('VisitorAdmitted', { type: 'TemporaryFlowIdAllocated', value: 50_000 }, { sessionId: 's', matched: [{ sessionId: 'o' }] });
    // Nothing is left: degraded, and tried again when an id is free.
    there().when(0, configure('p', 'mn-3', ff())).when(1, admitLegs('h1', 2n, [leg('s')])).thenEvents('VisitorAdmitted', { type: 'LegRefused', rejection: 'flow-id-pool-exhausted' }).thenHeld('o', 'p')
      .when(2, release('p')).thenEvents({ type: 'QosSessionReleased' }, { type: 'QuarantineEnded' }, { type: 'TemporaryFlowIdAllocated', sessionId: 's' }, { sessionId: 's' }).thenHeld('o', 's');
  }],
  ['handoff superseded mid-way', () => {
    let state = initialMobileNode;
    const tell = (seconds: number, command: MobileNodeCommand): unknown[] => {
      const decided = handleMobileNode(state, command, at(seconds));
      state = decided.state;
      return [...decided.events];
    };
    tell(0, arrives(careOf, 'h0'));
    tell(1, arrives(elsewhere, 'h1'));
    expect(tell(2, arrives(third, 'h2'))).toMatchObject([
      { type: 'RegistrationAccepted', careOfAddress: third }, { type: 'RegistrationEnded', careOfAddress: elsewhere, cause: 'handoff' },
      { type: 'HandoffSuperseded', handoffId: 'h1', by: 'h2', committed: false },
      { type: 'HandoffStarted', handoffId: 'h2', supersedes: 'h1', to: { careOfAddress: third }, from: [{ careOfAddress: elsewhere }, { careOfAddress: careOf }] },
    ]);
    beforeIt().when(1, hold('h1', 2n)).when(2, hold('h2', 5n)).thenEvents({ type: 'LegsUnheld', handoffId: 'h1', outcome: 'superseded' }, { type: 'LegsHeld', handoffId: 'h2', legs: [{ sessionId: 's' }] })
      .when(3, endOld('h1', 2n)).thenNothingAppended();
    given(elsewhere).when(2, hold('h2', 5n)).when(3, admitLegs('h1', 2n, [leg('s')])).thenNothingAppended().thenHeld();
  }],
  ['crash between any two steps of a handoff', () => {
    const undisturbed = walk(0);
    expect(undisturbed.old.thenHeld('o') && undisturbed.new.thenHeld('s') && undisturbed.node.handoff).toBeNull();
    for (let crashAfter = 1; crashAfter < steps.length; crashAfter++) {
      const resumed = walk(crashAfter);
      for (const stream of ['old', 'new'] as const) expect(fingerprint(resumed[stream].state)).toBe(fingerprint(undisturbed[stream].state));
      expect(fingerprint(resumed.node)).toBe(fingerprint(undisturbed.node));
    }
  }],
];

interface Streams {
  readonly old: FlowTableScenario;
  readonly new: FlowTableScenario;
  node: MobileNodeState;
}

const tellNode = (streams: Streams, command: MobileNodeCommand): void => void (streams.node = handleMobileNode(streams.node, command, at(1)).state);

/** domain.md §6, each on one stream. */
const steps: readonly ((streams: Streams) => void)[] = [
  (streams) => void streams.old.when(1, hold('h1', 1n)),
  (streams) => void streams.new.when(1, admitLegs('h1', 1n, [leg('s')])),
  (streams) => tellNode(streams, { type: 'CommitHandoff', handoffId: 'h1', mobileNode: 'mn-1', configured: ['s'], degraded: [] }),
  (streams) => void streams.old.when(1, endOld('h1', 1n)),
  (streams) => tellNode(streams, { type: 'CompleteHandoff', handoffId: 'h1', mobileNode: 'mn-1', released: 1, orphaned: 0, gapMs: 0 }),
];

/** All steps; after a crash, whoever resumes begins with the first again. */
function walk(crashAfter: number): Streams {
  const streams: Streams = { old: beforeIt(), new: given(elsewhere), node: initialMobileNode };
  for (const command of [arrives(careOf, 'h0'), arrives(elsewhere, 'h1')]) tellNode(streams, command);
  for (const step of [...steps.slice(0, crashAfter), ...steps]) step(streams);
  return streams;
}
