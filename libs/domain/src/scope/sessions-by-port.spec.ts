import { Journal } from '../journal/journal';
import type { Session } from './session';
import { SessionsByPort } from './sessions-by-port';

const session = (sessionId: string, protocol: number, destinationPort?: number, mobileNode: string | null = 'mn-1'): Session =>
  ({ sessionId, mobileNode, flow: { protocol, ...(destinationPort !== undefined && { destinationPort }) }, requested: { id: { source: 'a', destination: 'b', protocol, ...(destinationPort !== undefined && { destinationPort, sourcePort: 1 }) } } }) as unknown as Session;

describe('SessionsByPort', () => {
  it('given sessions of port zero and of others, then one of either is known by protocol, also when the first is gone', () => {
    const sessions = new SessionsByPort(new Journal());
    const [zero, five, six, icmp] = [session('zero', 17, 0), session('five', 17, 5), session('six', 17, 6), session('icmp', 1)];
    for (const each of [zero, five, six, icmp]) sessions.add(each);
    expect([sessions.oneOfPortZero(17), sessions.oneOfOtherPort(17)]).toEqual(['zero', 'five']);
    sessions.delete(five);
    expect(sessions.oneOfOtherPort(17)).toBe('six');
    sessions.delete(six);
    sessions.delete(zero);
    expect(sessions.oneOfPortZero(1)).toBeUndefined();
    sessions.delete(icmp);
    const left = [sessions.oneOfPortZero(17), sessions.oneOfOtherPort(17), sessions.oneOfOtherPort(1), [...sessions.entries()]];
    expect(left).toEqual([undefined, undefined, undefined, []]);
  });

  it('a node\'s are known by protocol and port, and those of no known node by themselves', () => {
    const sessions = new SessionsByPort(new Journal());
    const all = [session('one', 17, 5), session('two', 17, 5), session('other', 17, 5, 'mn-2'), session('unknown', 17, 5, null), session('tcp', 6, 5)];
    for (const each of all) sessions.add(each);
    const got = (mobileNode: string | null, protocol: number, port: number) => [...(sessions.get(mobileNode, protocol, port) ?? ['none'])];
    expect([got('mn-1', 17, 5), got('mn-2', 17, 5), got(null, 17, 5), got('mn-1', 6, 5)]).toEqual([['one', 'two'], ['other'], ['unknown'], ['tcp']]);
    expect([sessions.get('mn-3', 17, 5), sessions.get('mn-1', 17, 6), sessions.get('mn-1', 132, 5)]).toEqual([undefined, undefined, undefined]);
    expect([...sessions.entries()].map(([key]) => key)).toEqual(['17 5 mn-1', '17 5 mn-2', '17 5 ', '6 5 mn-1']);
    sessions.delete(all[0]!);
    sessions.delete(all[3]!);
    expect([got('mn-1', 17, 5), got('mn-2', 17, 5), got(null, 17, 5)]).toEqual([['two'], ['other'], ['none']]);
  });

  it('one whose port identifies nothing is known beside those whose port does, and is of no port for port zero', () => {
    const sessions = new SessionsByPort(new Journal());
    const label = (sessionId: string, destinationPort: number) =>
      ({ ...session(sessionId, 17, destinationPort), requested: { id: { source: 'a', destination: 'b', flowLabel: 7 } } }) as unknown as Session;
    const all = [session('ports', 17, 5), label('label', 5), label('zero', 0), label('alone', 6)];
    for (const each of all) sessions.add(each);
    expect([[...sessions.get('mn-1', 17, 5)!], [...sessions.get('mn-1', 17, 6)!], sessions.oneOfPortZero(17), sessions.oneOfOtherPort(17)]).toEqual([['ports', 'label'], ['alone'], undefined, 'ports']);
    for (const each of all) sessions.delete(each);
    expect([...sessions.entries()]).toEqual([]);
  });

  it('what was taken back stands as before, also of what has no port', () => {
    const journal = new Journal();
    const sessions = new SessionsByPort(journal);
    const [five, zero] = [session('five', 17, 5), session('zero', 17, 0)];
    sessions.add(five);
    journal.begin();
    sessions.delete(five);
    sessions.add(zero);
    for (const icmp of [session('icmp', 1)]) {
      sessions.add(icmp);
      sessions.delete(icmp);
    }
    journal.unwind();
    expect([...sessions.entries()]).toEqual([['17 5 mn-1', 'five']]);
    expect([sessions.oneOfPortZero(17), sessions.oneOfOtherPort(17), [...sessions.get('mn-1', 17, 5)!]]).toEqual([undefined, 'five', ['five']]);
  });
});
