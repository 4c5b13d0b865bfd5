import { isUnreadable, type DecodedMessage } from '#signalling';
import type { SimulationOptions } from './options';
import { decoded } from './simulated-capture.testing';
import type { HandoffTruth, RebootTruth, SessionTruth, Truth } from './truth';

function play(options: Partial<SimulationOptions>): { readonly messages: readonly DecodedMessage[]; readonly truths: readonly Truth[] } {
  const truths: Truth[] = [];
  const messages = decoded(options, truths).filter((result): result is DecodedMessage => !isUnreadable(result));
  return { messages, truths };
}

const sessionsOf = (truths: readonly Truth[]): SessionTruth[] => truths.filter((truth): truth is SessionTruth => truth.record === 'session');

describe('handoffs', () => {
  const { messages, truths } = play({ foreignAgents: 3, mobileNodes: 40, handoffsPerMinute: 12, reboots: 0 });
  const handoffs = truths.filter((truth): truth is HandoffTruth => truth.record === 'handoff');
  const storiesOf = (kind: string, story: string): HandoffTruth[] => handoffs.filter((handoff) => handoff.kind === kind && handoff.story === story);

  it('are of each kind, and each but the last few is accepted', () => {
    for (const story of ['plain', 'conflict', 'ping-pong', 'superseded']) expect(storiesOf('make-before-break', story).length).toBeGreaterThan(3);
    expect(storiesOf('break-before-make', 'plain').length).toBeGreaterThan(3);
    expect(storiesOf('return-home', 'plain').length).toBeGreaterThan(3);
    expect(handoffs.filter(({ acceptedAt }) => acceptedAt === null).length).toBeLessThan(3);
  });

  it('are registrations at another agent that the capture shows at that time, and deregistrations where they lead home', () => {
    const requests = messages.flatMap(({ message, timeNs }) => (message.kind === 'registration-request' ? [{ ...message, timeMs: Number(timeNs / 1_000_000n) }] : []));
    const nodes = new Map(requests.map(({ nai, homeAddress, homeAgent }) => [nai ?? `${homeAddress}@${homeAgent}`, homeAddress]));
    for (const { mobileNode, from, to, startedAt, acceptedAt } of handoffs.filter((handoff) => handoff.acceptedAt !== null)) {
      const during = requests.filter(({ timeMs }) => timeMs >= Date.parse(startedAt) && timeMs <= Date.parse(acceptedAt!));
      const asked = during.filter(({ homeAddress }) => homeAddress === nodes.get(mobileNode));
      expect(asked.some(({ careOfAddress, lifetimeSeconds }) => careOfAddress === (to ?? from) && lifetimeSeconds > 0 === (to !== null))).toBe(true);
    }
  });

  it('go there and back within a quarantine', () => {
    const [out, back] = storiesOf('make-before-break', 'ping-pong');
    expect([back!.mobileNode, back!.from, back!.to]).toEqual([out!.mobileNode, out!.to, out!.from]);
    expect(Date.parse(back!.startedAt) - Date.parse(out!.acceptedAt!)).toBeLessThan(30_000);
  });

  it('are superseded before a PATH has followed the node', () => {
    const [first, second] = storiesOf('make-before-break', 'superseded');
    expect([second!.mobileNode, second!.from]).toEqual([first!.mobileNode, first!.to]);
    expect(second!.to).not.toBe(first!.from);
    const between = sessionsOf(truths).filter(({ mobileNode }) => mobileNode === first!.mobileNode).flatMap(({ legs }) => legs);
    expect(between.filter(({ careOfAddress, from }) => careOfAddress === first!.to && from >= first!.acceptedAt! && from <= second!.acceptedAt!)).toEqual([]);
  });

  it('lead to agents where the flow id is held already, and take the sessions along', () => {
    const conflicts = storiesOf('make-before-break', 'conflict');
    const collided = conflicts.filter(({ mobileNode, to, acceptedAt }) =>
      sessionsOf(truths).some((session) => session.mobileNode === mobileNode && session.legs.some((leg) =>
        leg.careOfAddress === to && leg.collided && leg.from > acceptedAt! && Date.parse(leg.from) - Date.parse(acceptedAt!) < 1_000)));
    // A session may have ended meanwhile, or the other one.
    expect(collided.length).toBeGreaterThan(conflicts.length / 2);
  });
});

describe('agents', () => {
  const { messages, truths } = play({ foreignAgents: 3, mobileNodes: 20, reboots: 2, durationSeconds: 200 });
  const advertisements = messages.flatMap(({ message, timeNs }) =>
    message.kind === 'agent-advertisement' ? [{ ...message, timeMs: Number(timeNs / 1_000_000n) }] : [],
  );
  const ofAgent = (careOfAddress: string) => advertisements.filter((one) => one.careOfAddresses.includes(careOfAddress));
  const numbersOf = (careOfAddress: string): number[] => ofAgent(careOfAddress).map((one) => one.sequenceNumber);

  it('begin their sequence numbers again at 0 after a reboot, and those who are there register again', () => {
    const reboots = truths.filter((truth): truth is RebootTruth => truth.record === 'reboot');
    expect(reboots).toHaveLength(2);
    for (const { careOfAddress, at, upAt } of reboots) {
      const numbers = numbersOf(careOfAddress);
      expect(numbers.indexOf(0)).toBeGreaterThan(0);
      expect(ofAgent(careOfAddress).filter(({ timeMs }) => timeMs > Date.parse(at) && timeMs < Date.parse(upAt!))).toEqual([]);
      const again = messages.filter(({ message, timeNs }) => message.kind === 'registration-request' && message.careOfAddress === careOfAddress
        && Math.abs(Number(timeNs / 1_000_000n) - Date.parse(upAt!) - 300) < 300);
      expect(again.length).toBeGreaterThan(2);
    }
  });

  it('go from 65535 to 256 where the numbers roll over', () => {
    const numbers = numbersOf('198.51.100.2');
    expect(numbers[numbers.indexOf(0xffff) + 1]).toBe(256);
  });
});

describe('groups, keys and labels', () => {
  const { messages, truths } = play({ mobileNodes: 60, handoffsPerMinute: 0, reboots: 0 });
  const rsvp = messages.flatMap(({ message, source, destination }) => ('session' in message && message.session !== null ? [{ ...message, ip: { source, destination } }] : []));

  it('SE lists lose senders and gain others; WF reserves for several', () => {
    const lists = rsvp.filter(({ kind, style }) => kind === 'resv' && style === 'SE').map(({ session, flowDescriptors }) =>
      `${session!.destination} ${flowDescriptors.flatMap(({ senders }) => senders.map(({ source }) => source)).join(' ')}`);
    expect(new Set(lists).size).toBeGreaterThan(2 * new Set(lists.map((list) => list.split(' ')[0])).size);
    expect(rsvp.some(({ style, scope }) => style === 'WF' && scope.length > 1)).toBe(true);
  });

  it('an ESP session gets a new SPI, reserved for beside the old one, which is torn down', () => {
    const rekeyed = sessionsOf(truths).filter(({ replaces }) => replaces !== null);
    expect(rekeyed.length).toBeGreaterThan(3);
    for (const { replaces, senders, legs } of rekeyed) {
      const old = sessionsOf(truths).find(({ session }) => session === replaces)!;
      const both = rsvp.filter(({ kind, flowDescriptors }) => kind === 'resv' && [old, { senders }].every((one) =>
        flowDescriptors.some((descriptor) => descriptor.senders.some(({ spi }) => spi === one.senders[0]!.spi))));
      expect(both.length).toBeGreaterThan(0);
      expect(old.tornAt === null || old.tornAt > legs[0]!.from).toBe(true);
    }
  });

  it('flows of IPv6 are told by ports and by labels, which change', () => {
    const v6 = rsvp.filter(({ kind, session }) => kind === 'path' && session!.destination.includes(':'));
    expect(v6.some(({ sender }) => sender!.sourcePort === 5004)).toBe(true);
    expect(new Set(v6.map(({ sender }) => sender!.flowLabel)).size).toBeGreaterThan(3);
  });

  it('lists of SE name their senders by ports, by labels of IPv6, and by SPIs, each with its PATHs', () => {
    const lists = rsvp.filter(({ kind, style }) => kind === 'resv' && style === 'SE');
    const sendersOf = (message: (typeof rsvp)[number]) => message.flowDescriptors.flatMap(({ senders }) => senders);
    for (const field of ['sourcePort', 'flowLabel', 'spi'] as const) {
      const told = lists.filter((message) => sendersOf(message).every((sender) => sender[field] !== null));
      expect([field, told.length > 3, told.some((message) => sendersOf(message).length > 1)]).toEqual([field, true, true]);
      const named = sendersOf(told[0]!)[0]!;
      expect(rsvp.some(({ kind, sender }) => kind === 'path' && sender!.source === named.source && sender![field] === named[field])).toBe(true);
    }
    const keyed = sessionsOf(truths).filter(({ style, protocol }) => style === 'SE' && protocol === 50);
    expect(keyed.some(({ legs }) => legs.some(({ reservedFrom }) => reservedFrom !== null))).toBe(true);
    expect(sessionsOf(truths).some(({ style, destination, senders }) => style === 'SE' && destination.includes(':') && senders.length > 1)).toBe(true);
  });

  it('a home agent that chooses tells it by SESSION_ASSOC, before the PATH that it is about', () => {
    const tunnelled = sessionsOf(truths).filter(({ legs }) => legs.some(({ tunnel }) => tunnel !== null));
    expect(tunnelled.length).toBeGreaterThan(3);
    for (const { destination, destinationPort, legs } of tunnelled) {
      const { homeAgent, sourcePort } = legs[0]!.tunnel!;
      const about = { session: { destination, destinationPort }, sender: { sourcePort } };
      const isAbout = ({ sessionAssoc: one }: (typeof rsvp)[number]): boolean =>
        one !== null && JSON.stringify(about) === JSON.stringify({
          session: { destination: one.session.destination, destinationPort: one.session.destinationPort },
          sender: { sourcePort: one.sender.sourcePort },
        });
      const first = rsvp.find(isAbout)!;
      expect(first).toMatchObject({ kind: 'path', session: { destination: legs[0]!.careOfAddress, destinationPort: 363 }, sender: { source: homeAgent, sourcePort } });
      expect(rsvp.some((message) => isAbout(message) && message.session!.destination === destination)).toBe(true);
      const reserved = rsvp.some(({ kind, session, flowDescriptors }) => kind === 'resv' && session!.destinationPort === 363
        && flowDescriptors[0]!.senders[0]!.sourcePort === sourcePort);
      expect(reserved).toBe(legs[0]!.reservedFrom !== null);
    }
  });

  it.each<[Partial<SimulationOptions>, (message: (typeof rsvp)[number]) => boolean]>([
    [{ ipv6: false }, ({ session }) => session!.destination.includes(':')],
    [{ esp: false }, ({ session }) => session!.generalized],
    [{ tunnels: false }, ({ sessionAssoc, session }) => sessionAssoc !== null || session!.destinationPort === 363],
    [{ styles: ['SE', 'WF'] }, ({ style }) => style === 'FF'],
    [{ styles: ['FF'] }, ({ style }) => style === 'SE' || style === 'WF'],
    [{ styles: ['FF', 'WF'] }, ({ style }) => style === 'SE'],
  ])('are left out where they are not asked for: %j', (options, isOfThat) => {
    const without = play({ mobileNodes: 60, durationSeconds: 60, ...options });
    expect(rsvp.some(isOfThat)).toBe(true);
    expect(without.messages.flatMap(({ message }) => ('session' in message ? [message] : [])).some((message) => isOfThat(message as (typeof rsvp)[number]))).toBe(false);
  });
});

describe('what goes wrong', () => {
  const small: Partial<SimulationOptions> = { mobileNodes: 15, durationSeconds: 120, reboots: 0, handoffsPerMinute: 6 };
  const keyOf = ({ identity, source, destination, tunnels }: DecodedMessage): string =>
    `${source} ${destination} ${tunnels.length} ${Buffer.from(identity).toString('hex')}`;
  /** The same message on the same way within a tenth of a second: no refresh comes so soon. */
  const doubled = (messages: readonly DecodedMessage[]): number => {
    const last = new Map<string, bigint>();
    return messages.filter((message) => {
      const before = last.get(keyOf(message));
      last.set(keyOf(message), message.timeNs);
      return before !== undefined && message.timeNs - before < 25_000_000n;
    }).length;
  };

  it('loss: a lost request is asked again with a new identification, and in the end everybody is registered', () => {
    const { messages, truths } = play({ ...small, lossRate: 0.2 });
    const asked = (all: readonly DecodedMessage[]): number => new Set(all.filter(({ message }) => message.kind === 'registration-request').map(keyOf)).size;
    expect(asked(messages)).toBeGreaterThan(asked(play(small).messages));
    const stays = new Set(truths.flatMap((truth) => (truth.record === 'stay' ? [truth.mobileNode] : [])));
    expect(stays.size).toBeGreaterThanOrEqual(14);
  });

  it('duplication: as many come twice as were asked for', () => {
    const { messages } = play({ ...small, duplicationRate: 0.25 });
    const share = doubled(messages) / messages.length;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.3);
    expect(doubled(play(small).messages)).toBe(0);
  });

  it('reordering: messages overtake those that were sent before them, on a clock that still rises', () => {
    const { messages } = play({ ...small, reorderingRate: 0.3 });
    const times = messages.map(({ timeNs }) => timeNs);
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
    const requests = messages.filter(({ message }) => message.kind === 'registration-request');
    const waits = requests.slice(1).map((message, index) => Number(message.timeNs - requests[index]!.timeNs) / 1e6).filter((ms) => ms > 1 && ms < 200);
    expect(waits.length).toBeGreaterThan(3);
  });

  it('clock skew: each link has a clock of its own, off by no more than was asked for', () => {
    const skewed = play({ ...small, clockSkewMs: 50 }).messages;
    const offsets = new Map<string, Set<bigint>>();
    play(small).messages.forEach(({ timeNs, source, destination }, index) => {
      const key = `${source} ${destination} ${skewed[index]!.tunnels.length}`;
      offsets.set(key, (offsets.get(key) ?? new Set()).add(skewed[index]!.timeNs - timeNs));
    });
    const all = new Set([...offsets.values()].flatMap((set) => [...set]));
    expect(all.size).toBe(4);
    expect([...all].every((offset) => offset >= -50_000_000n && offset <= 50_000_000n)).toBe(true);
  });
});
