import { PendingAtAgents } from './pending-at-agents';

describe('PendingAtAgents', () => {
  it('counts the others that wait at the same agent; a reply, 7 s and another agent end or exclude them', () => {
    const pending = new PendingAtAgents();
    expect(['a', 'b', 'c'].map((key, index) => pending.requested(key, 'fa-1', index))).toEqual([0, 1, 2]);
    expect(pending.requested('d', 'fa-2', 3)).toBe(0);
    pending.replied('b');
    pending.replied('never asked');
    expect(pending.requested('e', 'fa-1', 4)).toBe(2);
    expect(pending.requested('f', 'fa-1', 7_000)).toBe(3);
    expect(pending.requested('g', 'fa-1', 7_004)).toBe(2);
  });

  it('counts a request that is sent again once, from its first time on, and none without an agent', () => {
    const pending = new PendingAtAgents();
    pending.requested('a', 'fa-1', 0);
    expect([pending.requested('a', 'fa-1', 6_000), pending.requested('b', 'fa-1', 6_500)]).toEqual([0, 1]);
    expect(pending.requested('c', 'fa-1', 7_001)).toBe(1);
    expect([pending.requested('x', 'direct', 0), pending.requested('y', 'direct', 0)]).toEqual([0, 0]);
  });
});
