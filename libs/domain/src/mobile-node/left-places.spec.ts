import type { HandoffStarted } from '../events/events';
import { withLeft, type LeftPlace } from './left-places';

const at = Date.parse('2026-01-01T00:00:00Z');
const timestamp = (seconds: number): string => new Date(at + 1000 * seconds).toISOString();

function moved(from: readonly (readonly [string, string | null])[], to: string | null): Pick<HandoffStarted, 'from' | 'to'> {
  const target = to === null ? null : { foreignAgent: `fa-${to}`, careOfAddress: to, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', expiresAt: null };
  return { from: from.map(([careOfAddress, bindingExpiresAt]) => ({ foreignAgent: `fa-${careOfAddress}`, careOfAddress, bindingExpiresAt })), to: target };
}

/** Each `seconds, from, until, to`, one behind the other. */
function left(...moves: readonly (readonly [number, string, string | null, string | null])[]): string[] {
  const start = (known: readonly LeftPlace[], [seconds, from, until, to]: (typeof moves)[number]): readonly LeftPlace[] =>
    withLeft(known, moved([[from, until]], to) as HandoffStarted, at + 1000 * seconds);
  return moves.reduce(start, []).map(({ careOfAddress }) => careOfAddress);
}

describe('where handoffs of a node may have left legs', () => {
  it('every place that it left, the last one behind, until the binding there would have ended', () => {
    expect(left([0, 'a', timestamp(600), 'b'], [10, 'b', null, 'c'])).toEqual(['a', 'b']);
    expect(left([0, 'a', timestamp(600), 'b'], [600, 'b', null, 'c'])).toEqual(['b']);
    expect(left([0, 'a', null, 'b'], [100_000, 'b', timestamp(100_600), null])).toEqual(['a', 'b']);
  });

  it('not where it is again', () => {
    expect(left([0, 'a', null, 'b'], [10, 'b', null, 'a'])).toEqual(['b']);
    expect(left([0, 'a', null, 'b'], [10, 'b', null, 'a'], [20, 'a', null, 'c'])).toEqual(['b', 'a']);
  });

  it('once, however often it left there, until the last of those bindings would have ended', () => {
    expect(left([0, 'a', null, 'b'], [10, 'a', timestamp(600), 'c'])).toEqual(['a']);
    expect(left([0, 'a', null, 'b'], [10, 'a', timestamp(600), 'c'], [600, 'c', null, null])).toEqual(['c']);
  });

  it('no more than sixteen', () => {
    const moves = Array.from({ length: 20 }, (_, i) => [i, `p${i}`, null, `p${i + 1}`] as const);
    expect(left(...moves)).toEqual(Array.from({ length: 16 }, (_, i) => `p${i + 4}`));
  });
});
