import { cn, cn2, ff, given, path, pathTear, release, resv, resvTear, se, tspec } from '../proof/flow-table.testing';
import { Journal } from '../journal/journal';
import { partKey, SessionParts, type PathPart, type RequestPart } from './session-parts';

const sender = (correspondentNode: string, sourcePort = 5000) => ({ correspondentNode, sourcePort });
const pathOf = (sessionId: string, of: PathPart['sender'], refreshPeriodMs?: number): PathPart =>
  ({ kind: 'path', sessionId, sender: of, lease: refreshPeriodMs === undefined ? null : { refreshPeriodMs, until: 1 }, adspecs: [], hops: [], tspec: null });
const requestOf = (sessionId: string, nextHop: string): RequestPart =>
  ({ kind: 'request', sessionId, nextHop, node: '198.51.100.1', senders: null, lease: null, hops: [], service: 'controlled-load', tspec });

describe('SessionParts (RFC 2209 §1.2: path state blocks and reservation state blocks)', () => {
  const own = pathOf('s1', null);
  const [first, second] = [pathOf('s1', sender(cn)), pathOf('s1', sender(cn, 5001))];
  const [hop1, hop2] = [requestOf('s1', '10.0.0.1'), requestOf('s1', '10.0.0.2')];
  const others = [pathOf('s2', sender(cn)), requestOf('s2', '10.0.0.1')];
  const filled = (journal = new Journal()): SessionParts => {
    const parts = new SessionParts(journal);
    for (const part of [own, hop2, first, hop1, second, ...others]) parts.set(part);
    return parts;
  };

  it('given several sessions, then each has its own: paths by sender, reservations in the order of their next hops', () => {
    const parts = filled();
    expect([parts.size, parts.path('s1', null), parts.path('s1', sender(cn)), parts.path('s1', sender(cn, 5001)), parts.path('s1', sender(cn2))]).toEqual([7, own, first, second, undefined]);
    expect(new Set(parts.paths('s1'))).toEqual(new Set([own, first, second]));
    expect(parts.requests('s1')).toEqual([hop1, hop2]);
    expect([parts.ofSession('s2'), parts.ofSession('s3')]).toEqual([others, []]);
    expect([...parts.entries()].map(([key]) => key).sort()).toEqual([own, first, second, hop1, hop2, ...others].map(partKey).sort());
  });
  it('given one that is set again, then it is the same one; deleted, it is gone, and the others stand', () => {
    const parts = filled();
    const renewed = pathOf('s1', sender(cn), 30_000);
    parts.set(renewed);
    expect([parts.size, parts.get(partKey(first)), parts.paths('s1').length]).toEqual([7, renewed, 3]);
    for (const part of [renewed, hop1]) parts.delete(part);
    expect([parts.size, parts.get(partKey(first)), parts.paths('s1'), parts.requests('s1'), parts.ofSession('s2')]).toEqual([5, undefined, [own, second], [hop2], others]);
  });
  it('given nothing, then no session has any', () => {
    expect(new SessionParts(new Journal()).ofSession('s1')).toEqual([]);
  });
  it('what was taken back stands as before', () => {
    const journal = new Journal();
    const parts = filled(journal);
    journal.begin();
    parts.set(pathOf('s1', sender(cn), 30_000));
    parts.delete(hop1);
    parts.set(pathOf('s3', null));
    journal.unwind();
    expect([parts.size, parts.path('s1', sender(cn)), parts.requests('s1'), parts.ofSession('s3')]).toEqual([7, first, [hop1, hop2], []]);
    expect(new Set(parts.paths('s1'))).toEqual(new Set([own, first, second]));
  });
});

describe('how long a part stands', () => {
  const from = (nextHop: string) => ({ nextHop, node: '198.51.100.1', service: 'controlled-load' }) as const;
  const both = se([cn, 5000], [cn2, 5000]);
  const standing = () => given().when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-1', ff({ correspondentNode: cn2 })))
    .when(1, resv('s3', 'mn-1', both, from('10.0.0.1'))).when(2, resv('x', 'mn-1', both, from('10.0.0.2')));
  const left = (scenario: ReturnType<typeof standing>): number => scenario.state.parts.size;

  test('not longer than its session', () => {
    expect(left(standing())).toBe(4);
    expect(left(standing().when(3, release('s3')))).toBe(0);
  });
  test('a sender that leaves the list takes its path with it', () => {
    expect(left(standing().when(3, pathTear('mn-1', ff())))).toBe(3);
  });
  test('without a reservation nobody asks for anything; what comes then is alone', () => {
    const torn = standing().when(3, { ...resvTear('mn-1', both), ...from('10.0.0.1') }).when(4, { ...resvTear('mn-1', both), ...from('10.0.0.2') }).thenHeld('s3 path-only');
    expect(left(torn)).toBe(2);
    torn.when(5, resv('x', 'mn-1', both, from('10.0.0.2'))).thenTold('requests', [{ ...from('10.0.0.2'), tspec, senders: both.senders }]);
  });
});
