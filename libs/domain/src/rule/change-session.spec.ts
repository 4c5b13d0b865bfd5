import type { HoldLegs } from '../commands/handoff-leg-commands';
import { admit, cn, cn2, configure, dismiss, ff, given, path, provision, resv, se, tspec } from '../proof/flow-table.testing';

const more = { ...tspec, r: 20_000 };
const violation = { name: 'seen', detail: 'Something that an RFC forbids.' };
const nodes = ['mn-1', 'mn-2', 'mn-3'];

describe('a session that is asked for again, with other terms (domain.md §3, step 2)', () => {
  test('of a path alone, a PATH with other traffic changes the traffic', () => {
    given().when(0, path('a', 'mn-1', ff())).when(1, path('x', 'mn-1', ff(), { tspec: more })).thenEvents({ type: 'QosSessionModified', sessionId: 'a', tspec: more });
  });
  test('of a path whose reservation stands, a PATH leaves the traffic that was reserved', () => {
    given().when(0, path('a', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff(), { tspec: more })).thenEvents({ state: 'live', tspec: more }).when(2, path('x', 'mn-1', ff())).thenNothingAppended();
  });
  test('what was wrong with an observed change stands in its event; of a commanded one nothing does', () => {
    given().visitors('mn-1').when(0, path('a', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff(), { violations: [violation] }))
      .thenEvents({ type: 'QosSessionModified', state: 'live', violations: [violation] })
      .when(2, resv('x', 'mn-1', ff(), { tspec: more })).thenEvents({ type: 'QosSessionModified', tspec: more }).thenWithout('violations');
  });
});

describe('a list of senders that changes', () => {
  const [a, b, c] = ['2001:db8::7', '2001:db8::8', '2001:db8::9'];

  test('the refusal names what it would overlap, held or quarantined, in order of arrival', () => {
    given().visitors(...nodes).when(0, configure('own', 'mn-1', se([cn, 1]))).when(0, configure('s1', 'mn-2', ff({ correspondentNode: cn2, sourcePort: 3 })))
      .when(0, configure('s2', 'mn-3', ff({ correspondentNode: cn, sourcePort: 2 })))
      .when(1, configure('x', 'mn-1', se([cn, 1], [cn, 2], [cn2, 3]))).thenAnswer({
        outcome: 'refused', rejection: { rejection: 'change-overlaps', facts: { matched: [{ sessionId: 's1', mobileNode: 'mn-2', state: 'live' }, { sessionId: 's2', mobileNode: 'mn-3', state: 'live' }] } },
      } as never).thenNothingAppended();
  });
  test('a label covers every sender of its source: one of two ports that leaves frees nothing', () => {
    given('2001:db8:1::1').visitors(...nodes).when(0, configure('s1', 'mn-1', se([a, 1]))).when(0, configure('s2', 'mn-2', se([a, 1], [a, 2]))).thenEffective(`label ${a} 1`)
      .when(1, configure('x', 'mn-2', se([a, 1]))).thenEvents('QosSessionModified').thenWithout('sendersLeft');
  });
  test('a label without a source covers whoever sends: a source that leaves frees nothing while others stay', () => {
    given('2001:db8:1::1').visitors(...nodes).when(0, configure('s1', 'mn-1', se([a, 1]))).when(0, configure('s2', 'mn-2', se([a, 1], [b, 1], [c, 1]))).thenEffective('label * 1')
      .when(1, configure('x', 'mn-2', se([a, 1], [b, 1]))).thenEvents('QosSessionModified').thenWithout('sendersLeft').thenEffective('label * 1');
  });
});

describe('while the node is handed off from here', () => {
  const hold: HoldLegs = { type: 'HoldLegs', handoffId: 'h1', mobileNode: 'mn-1', oldLegs: 'release', orphanedUntil: null, registrationRevision: 2n, staysBound: true, breaks: false, isBroughtAway: false };
  const held = () => given().visitors('mn-1').when(0, provision(1n)).when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs: 10_000 })).when(1, hold);

  test.each<[string, Parameters<typeof configure>[3]]>([
    ['the same terms', { refreshPeriodMs: 10_000 }],
    ['terms that are left out', { service: null, tspec: null, refreshPeriodMs: undefined }],
  ])('%s are a refresh', (_, terms) => {
    held().when(2, configure('x', 'mn-1', ff(), terms)).thenAnswer({ outcome: 'refreshed', sessionId: 's1' });
  });
  test.each<[string, Parameters<typeof configure>[3]]>([
    ['another service', { service: 'controlled-load' }], ['other traffic', { tspec: more }], ['another refresh period', { refreshPeriodMs: 20_000 }],
  ])('%s is refused: the terms travel with the legs', (_, terms) => {
    held().when(2, configure('x', 'mn-1', ff(), terms)).thenRefused('handoff-in-progress').thenNothingAppended();
  });
  test('so is another list, and the reservation of a path', () => {
    const none = { service: null, tspec: null };
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', se([cn, 1], [cn2, 1]))).when(1, hold).when(2, configure('x', 'mn-1', se([cn2, 1], [cn, 1]))).thenAnswer({ outcome: 'refreshed' })
      .when(2, configure('x', 'mn-1', se([cn, 1]), none)).thenRefused('handoff-in-progress').when(2, configure('x', 'mn-1', se([cn, 1], [cn, 2]), none)).thenRefused('handoff-in-progress');
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff())).when(1, hold).when(2, configure('x', 'mn-1', ff(), none)).thenRefused('handoff-in-progress')
      .thenAnswer({ outcome: 'refused', rejection: { facts: { handoffId: 'h1' } } } as never);
  });
});

describe('an orphaned session that comes back by a PATH', () => {
  test('takes the traffic of the path at once: the same PATH again changes nothing', () => {
    const other = { r: 1, b: 1, p: 1, m: 1, M: 1 };
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: null })).when(2, admit('mn-1', 3n))
      .when(3, path('x', 'mn-1', ff(), { tspec: other })).thenEvents({ type: 'QosSessionModified', state: 'path-only', tspec: other }).thenHeld('s1 path-only')
      .when(4, path('x', 'mn-1', ff(), { tspec: other })).thenNothingAppended();
  });
});
