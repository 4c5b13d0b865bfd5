import { Journal } from './journal';
import type { Session } from './session';
import { SessionsByPort } from './sessions-by-port';

const session = (sessionId: string, protocol: number, destinationPort?: number): Session =>
  ({ sessionId, mobileNode: 'mn-1', flow: { protocol }, requested: { id: { source: 'a', destination: 'b', protocol, ...(destinationPort !== undefined && { destinationPort, sourcePort: 1 }) } } }) as unknown as Session;

describe('SessionsByPort', () => {
  it('given sessions of port zero and of others, then one of either is known by protocol, also when the first is gone', () => {
    const sessions = new SessionsByPort(new Journal());
    const [zero, five, six] = [session('zero', 17, 0), session('five', 17, 5), session('six', 17, 6)];
    for (const each of [zero, five, six, session('icmp', 1)]) sessions.add(each);
    expect([sessions.oneOfPortZero(17), sessions.oneOfOtherPort(17)]).toEqual(['zero', 'five']);
    sessions.delete(five);
    expect(sessions.oneOfOtherPort(17)).toBe('six');
    sessions.delete(six);
    sessions.delete(zero);
    const left = [sessions.oneOfPortZero(17), sessions.oneOfOtherPort(17), sessions.oneOfOtherPort(1), [...sessions.entries()]];
    expect(left).toEqual([undefined, undefined, undefined, []]);
  });

  it('what was taken back stands as before', () => {
    const journal = new Journal();
    const sessions = new SessionsByPort(journal);
    const [five, zero] = [session('five', 17, 5), session('zero', 17, 0)];
    sessions.add(five);
    journal.begin();
    sessions.delete(five);
    sessions.add(zero);
    journal.unwind();
    expect([sessions.oneOfPortZero(17), sessions.oneOfOtherPort(17), [...sessions.get('mn-1', 17, 5)!]]).toEqual([undefined, 'five', ['five']]);
  });
});
