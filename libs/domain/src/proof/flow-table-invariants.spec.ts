import fc from 'fast-check';
import { arbitraryLife, type ScopeLife } from './arbitrary-scopes.testing';
import type { FlowTableEvent } from '../events/events';
import { fingerprint } from './fingerprint.testing';
import { flowTableOfSnapshot, snapshotOfFlowTable, type FlowTableSnapshot } from '../scope/flow-table-snapshot';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { at } from './flow-table.testing';
import { logicalFlowOf, nameOf } from './naive-ids.testing';
import { flowsOf, naiveOverlaps } from './naive-overlaps.testing';
import { sessionPortOf, type FlowId } from '../flow/flow';
import { fieldRanges } from '../flow/policy';
import { runs } from './property-runs.testing';
import { decideStep, expectSame, liveThrough, newState, replay } from './scope-life.testing';

const everything = arbitraryLife({ observed: true });
const withOtherPolicies = arbitraryLife({ observed: true, reprovision: true });
const handedOff = arbitraryLife({ observed: true, handoffs: true, maxLength: 30 });

const checkLives = (lives: fc.Arbitrary<ScopeLife>, property: (life: ScopeLife) => void): void => fc.assert(fc.property(lives, property), runs);

/** I1, pair by pair. A policy that changed under live ids may make them overlap: then only the plain rule is asked for. */
function expectNoOverlap(state: FlowTableState, mixedClassifiers = state.policy.mixedClassifiers): void {
  const sessions = [...state.sessions.values()];
  for (const [i, a] of sessions.entries()) {
    for (const b of sessions.slice(i + 1)) if (naiveOverlaps(a.effective.id, b.effective.id, mixedClassifiers)) expect([a.effective, b.effective]).toBe('apart');
  }
}

function expectNoOverlapWithQuarantine(state: FlowTableState, mixedClassifiers = state.policy.mixedClassifiers): void {
  for (const { effective, requested, mobileNode, flow, pathSeen, style } of state.sessions.values()) {
    // FF without a path may have taken its node's torn wildcard over (ADR 37).
    const ofPort = pathSeen || style === 'FF' ? `shared ${flow.protocol} ${sessionPortOf(flow)} ${mobileNode ?? ''}` : null;
    for (const { id, temporary, logicalFlow, mobileNode: owner } of state.quarantines.values()) {
      // A list or a wildcard takes its node's paths over, and leaves the value of one in quarantine, whose id it may cover.
      const isOfPath = (style === 'SE' || style === 'WF') && owner === mobileNode && temporary !== null;
      if (logicalFlow === effective.logicalFlow || isOfPath) continue;
      const others = logicalFlow === ofPort ? othersThanOfPath(requested.id, id, temporary !== null) : [id];
      for (const other of others) if (naiveOverlaps(effective.id, other, mixedClassifiers)) expect([effective, logicalFlow, id]).toBe('apart');
    }
  }
}

/** What its node's list or wildcard gave back is a path's own where it is the path's very id, or a wildcard's of its port (ADR 23, 34). */
function othersThanOfPath(path: FlowId, gaveBack: FlowId, isTemporary: boolean): FlowId[] {
  const [own] = flowsOf(path);
  if (!('senders' in gaveBack)) return 'source' in gaveBack || 'flowLabel' in gaveBack || own!['sourcePort'] === undefined || isTemporary ? [gaveBack] : [];
  return gaveBack.senders.map((sender) => ({ ...gaveBack, senders: [sender] })).filter((one) => fingerprint(flowsOf(one)[0]) !== fingerprint(own));
}

function expectOneOwner(state: FlowTableState): void {
  const owned = [...state.sessions.values()].flatMap(({ temporary, sessionId }) => (temporary ? [{ ...temporary, sessionId }] : []));
  expectSame(new Set(owned.map(({ field, value }) => `${field} ${value}`)).size, owned.length);
  for (const { field, value, sessionId } of owned) expectSame(state.pools[field].ownerOf(value), sessionId);
}

function expectInRange(state: FlowTableState): void {
  for (const { temporary, effective } of state.sessions.values()) {
    if (!temporary) continue;
    const { first, last } = fieldRanges[temporary.field];
    expectSame(temporary.value >= first && temporary.value <= last, true);
    expectSame((effective.id as unknown as Record<string, unknown>)[temporary.field], temporary.value);
  }
}

describe('invariants of a scope, over arbitrary lives (domain.md §7)', () => {
  test('I1 no two live sessions of different logical flows overlap in effective id', () => {
    checkLives(everything, (life) => void liveThrough(life, ({ state }) => expectNoOverlap(state)));
    checkLives(withOtherPolicies, (life) => void liveThrough(life, ({ state }) => expectNoOverlap(state, false)));
    checkLives(handedOff, (life) => void liveThrough(life, ({ state }) => expectNoOverlap(state)));
  });

  test('I2 no live effective id overlaps a quarantined one but its own', () => {
    checkLives(everything, (life) => void liveThrough(life, ({ state }) => expectNoOverlapWithQuarantine(state)));
    checkLives(withOtherPolicies, (life) => void liveThrough(life, ({ state }) => expectNoOverlapWithQuarantine(state, false)));
    checkLives(handedOff, (life) => void liveThrough(life, ({ state }) => expectNoOverlapWithQuarantine(state)));
  });

  test('I3 a temporary id exactly when something matched, with its allocation in the same append', () => {
    checkLives(withOtherPolicies, (life) => {
      liveThrough(life, ({ events }) => {
        for (const event of events) {
          if (event.type !== 'QosSessionConfigured') continue;
          expectSame(event.temporary === null, event.matched.length === 0);
          expectSame(event.temporary === null, fingerprint(event.effective) === fingerprint(event.requested));
          const told = events.flatMap((e) =>
            e.type === 'TemporaryFlowIdAllocated' && e.sessionId === event.sessionId ? [{ field: e.field, value: e.value, matched: e.matched }] : [],
          );
          expectSame(fingerprint(told), fingerprint(event.temporary ? [{ ...event.temporary, matched: event.matched }] : []));
          for (const match of event.matched) expectSame(naiveOverlaps(event.requested, match.effective, true), true);
        }
      });
    });
  });

  test.each([['whatever comes', withOtherPolicies], ['steps of handoffs', handedOff]])('I4 every allocated id has one live owner, every temporary session one id: %s', (_, lives) => {
    checkLives(lives, (life) => {
      liveThrough(life, ({ state }) => {
        expectOneOwner(state);
        const temporaries = [...state.sessions.values()].filter(({ temporary }) => temporary);
        expectSame(allocatedValues(state).length, temporaries.length);
      });
    });
  });

  test('I6 temporary ids lie in the range of their field', () => {
    checkLives(withOtherPolicies, (life) => void liveThrough(life, ({ state }) => expectInRange(state)));
  });

  test.each([['whatever comes', withOtherPolicies], ['steps of handoffs', handedOff]])('I7 a command told n times changes nothing after the first: %s', (_, lives) => {
    checkLives(lives, (life) => {
      const state = newState(life);
      for (const step of life.steps) {
        const first = decideStep(state, step);
        const after = fingerprint(state);
        if (step.command.type === 'ObservePathTear' || step.command.type === 'ObserveReservationTear') continue;
        if (first.events.some(({ type }) => type === 'ObservedLate')) continue;
        for (let n = 0; n < 2; n++) expectSame(fingerprint(decideStep(state, step).events), '[]');
        expectSame(fingerprint(state), after);
      }
    });
  });

  test('I8 an effective id is constant from configure to release, but for the senders of an SE list', () => {
    checkLives(withOtherPolicies, (life) => {
      const known = new Map<string, string>();
      liveThrough(life, ({ state, events }) => {
        for (const session of state.sessions.values()) {
          const listChanged = events.some((e) => e.type === 'QosSessionModified' && e.sessionId === session.sessionId && e.flow?.senders !== undefined);
          const ids = fingerprint([session.effective.id, session.temporary]);
          if (!listChanged && known.has(session.sessionId)) expectSame(ids, known.get(session.sessionId));
          known.set(session.sessionId, ids);
        }
      });
    });
  });

  test('I9 a newcomer never changes an existing session\'s id', () => {
    checkLives(withOtherPolicies, (life) => {
      let before = new Map<string, string>();
      liveThrough(life, ({ state, events }) => {
        const idsOf = ({ requested, effective, temporary }: Session): string => fingerprint([requested.id, effective.id, temporary]);
        const now = new Map([...state.sessions.values()].map((session) => [session.sessionId, idsOf(session)]));
        const came = events.flatMap((e) => (e.type === 'QosSessionConfigured' ? [e.sessionId] : []));
        const changed = events.flatMap((e) => (e.type === 'QosSessionModified' && e.flow?.senders !== undefined ? [e.sessionId] : []));
        for (const [sessionId, ids] of came.length > 0 ? before : []) {
          if (now.has(sessionId) && ![...came, ...changed].includes(sessionId)) expectSame(now.get(sessionId), ids);
        }
        before = now;
      });
    });
  });

  test('I10 scopes are independent: two that are told by turns come to what each comes to alone', () => {
    fc.assert(fc.property(everything, everything, (a, b) => {
      const [left, right] = [newState(a), newState(b)];
      for (let i = 0; i < Math.max(a.steps.length, b.steps.length); i++) {
        if (a.steps[i]) decideStep(left, a.steps[i]!);
        if (b.steps[i]) decideStep(right, b.steps[i]!);
      }
      expect(fingerprint(left)).toBe(fingerprint(liveThrough(a).state));
      expect(fingerprint(right)).toBe(fingerprint(liveThrough(b).state));
    }), runs);
  });

  test('I11 release is idempotent and owner-checked', () => {
    checkLives(everything, (life) => {
      liveThrough(life, ({ state, step: { command }, answer, events }) => {
        if (command.type !== 'ReleaseSession') return;
        const { sessionId, claimedBy, cause } = command;
        const told = events.filter((e) => 'sessionId' in e && e.sessionId === sessionId && 'cause' in e && e.cause === cause);
        expect(told).toHaveLength(answer.outcome === 'released' ? 1 : 0);
        if (answer.outcome === 'refused') expect(state.sessions.get(sessionId)!.mobileNode).not.toBe(claimedBy);
        if (answer.outcome === 'released' && cause !== 'resv-tear') expect(state.sessions.has(sessionId)).toBe(false);
      });
    });
  });

  test('I12 an id is not another\'s before its quarantine ended, and no quarantine is shorter than the policy says', () => {
    checkLives(everything, (life) => {
      const { state, events } = liveThrough(life);
      const left = new Map<string, Extract<FlowTableEvent, { type: 'QosSessionReleased' }>>();
      const logicalFlows = new Map<string, string>();
      const sharedFlows = new Map<string, string>();
      for (const event of events) {
        if (event.type === 'QosSessionReleased' && event.quarantinedUntil !== null) {
          const length = Date.parse(event.quarantinedUntil) - Date.parse(event.occurredAt);
          expectSame(length >= (state.policy.quarantineSeconds ?? 120) * 1000, true);
          left.set(event.sessionId, event);
        }
        if (event.type !== 'QosSessionConfigured') continue;
        const port = fingerprint([event.mobileNode, event.flow.protocol, event.flow.destinationPort]);
        if (event.style === 'SE' || event.style === 'WF') sharedFlows.set(event.sessionId, port);
        logicalFlows.set(event.sessionId, logicalFlowOf(nameOf(event.mobileNode ?? '', event.flow, event.style ?? 'FF')));
        for (const before of event.reclaimedFrom ? left.values() : []) {
          const { effective } = before;
          if (sharedFlows.get(before.sessionId) !== port || !('senders' in effective)) continue;
          const senders = effective.senders.filter((s) => fingerprint(flowsOf({ ...effective, senders: [s] })[0]) !== fingerprint(event.effective));
          left.set(before.sessionId, { ...before, effective: { ...effective, senders } });
        }
        for (const before of left.values()) {
          const isOfPath = event.style === null && sharedFlows.get(before.sessionId) === port;
          const others = isOfPath ? othersThanOfPath(event.requested, before.effective, before.temporary !== null) : [before.effective];
          const isOwn = logicalFlows.get(before.sessionId) === logicalFlows.get(event.sessionId);
          // Reclaimed, it is held again, and a reservation of the node may take it over from there.
          if (isOwn && fingerprint(before.effective) === fingerprint(event.effective)) left.delete(before.sessionId);
          // What was taken over just now, or before, by a reservation of the node.
          if (before.cause === 'merged' && before.mobileNode === event.mobileNode && event.style !== null) continue;
          if (isOwn || Date.parse(before.quarantinedUntil!) <= Date.parse(event.occurredAt)) continue;
          for (const other of others) expectSame(naiveOverlaps(other, event.effective, state.policy.mixedClassifiers), false);
        }
      }
    });
  });

  test('I13 the fold of the events, as text, equals the live state', () => {
    checkLives(withOtherPolicies, (life) => {
      const { state, events } = liveThrough(life);
      expect(fingerprint(replay(life, events))).toBe(fingerprint(state));
    });
  });

  test('I13 a snapshot, as text, becomes the state again and decides alike', () => {
    fc.assert(fc.property(withOtherPolicies, fc.nat(20), (life, from) => {
      const state = newState(life);
      const [before, after] = [life.steps.slice(0, from), life.steps.slice(from)];
      for (const step of before) decideStep(state, step);
      const restored = flowTableOfSnapshot(JSON.parse(JSON.stringify(snapshotOfFlowTable(state))) as FlowTableSnapshot);
      expect(fingerprint(restored)).toBe(fingerprint(state));
      for (const step of after) expect(decideStep(restored, step).events).toEqual(decideStep(state, step).events);
      expect(fingerprint(restored)).toBe(fingerprint(state));
    }), runs);
  });

  test('I13 unwinding restores the state, whatever was decided since, and the same decisions come again', () => {
    fc.assert(fc.property(withOtherPolicies, fc.nat(20), (life, from) => {
      const state = newState(life);
      const [before, after] = [life.steps.slice(0, from), life.steps.slice(from)];
      for (const step of before) decideStep(state, step);
      const stood = fingerprint(state);
      const decideAll = (): string => fingerprint(after.map((step) => decideStep(state, step).events));
      state.journal.begin();
      const first = decideAll();
      state.journal.unwind();
      expect(fingerprint(state)).toBe(stood);
      expect(decideAll()).toBe(first);
    }), runs);
  });

  test('I13 time never goes back in a stream', () => {
    checkLives(withOtherPolicies, (life) => {
      const times = liveThrough(life).events.map(({ occurredAt }) => Date.parse(occurredAt));
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.every((time) => time <= at(life.steps.at(-1)!.seconds))).toBe(true);
    });
  });

  test.each([['commands alone', arbitraryLife({ reprovision: true })], ['steps of handoffs', arbitraryLife({ handoffs: true, maxLength: 30 })]])(
    'I15 no session is live or path-only here while its node has no registration here, an orphaned one is: %s',
    (_, lives) => {
      checkLives(lives, (life) => void liveThrough(life, ({ state }) => {
        for (const { state: stands, mobileNode, orphanedUntil } of state.sessions.values()) {
          if (stands === 'orphaned') continue;
          expectSame(state.visitors.has(mobileNode!), true);
          expectSame(orphanedUntil, null);
        }
      }));
    },
  );

  test('I14 every prefix of the events satisfies I1, I2, I4 and I6', () => {
    checkLives(everything, (life) => {
      replay(life, liveThrough(life).events, (state) => {
        expectNoOverlap(state);
        expectNoOverlapWithQuarantine(state);
        expectOneOwner(state);
        expectInRange(state);
      });
    });
  });
});

function allocatedValues(state: FlowTableState): unknown[] {
  const inside = (pool: object): ReadonlyMap<number, string> => (pool as { allocated: { map: ReadonlyMap<number, string> } }).allocated.map;
  return Object.values(state.pools).flatMap((pool) => [...inside(pool).keys()]);
}
