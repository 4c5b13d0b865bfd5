import { isUnreadable, type DecodedMessage } from '#signalling';
import { describeNetwork } from './network';
import type { SimulationOptions } from './options';
import { simulate } from './simulate';
import { captureOf, decoded, sha256 } from './simulated-capture.testing';
import type { Truth } from './truth';

const small: Partial<SimulationOptions> = { mobileNodes: 12, durationSeconds: 40 };

describe('a seed', () => {
  it('makes the same bytes again, another seed makes others', () => {
    expect(sha256(captureOf(small))).toBe(sha256(captureOf(small)));
    expect(sha256(captureOf({ ...small, seed: 8 }))).not.toBe(sha256(captureOf(small)));
  });

  it('makes the same bytes on every machine and version of Node; a change of the simulator makes others', () => {
    const impaired = { ...small, foreignAgents: 3, handoffsPerMinute: 20, lossRate: 0.05, duplicationRate: 0.05, reorderingRate: 0.1, clockSkewMs: 20 };
    expect(sha256(captureOf(impaired)).slice(0, 16)).toBe('5a378d377b27f3f3');
  });

  it('makes a longer run begin as a shorter one of the same network', () => {
    const frames = [...simulate({ mobileNodes: 0, reboots: 0, durationSeconds: 60 })];
    const longer = [...simulate({ mobileNodes: 0, reboots: 0, durationSeconds: 600 })];
    expect(longer.slice(0, frames.length)).toEqual(frames);
    expect(longer.length).toBeGreaterThan(frames.length);
  });
});

describe('frames', () => {
  it('come in order of time, from the start to the end of the run', () => {
    const frames = [...simulate({ ...small, startTimeMs: 5_000 })];
    const times = frames.map(({ timeNs }) => timeNs);
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    expect(times[0]! >= 5_000_000_000n && times.at(-1)! <= 45_000_000_000n).toBe(true);
  });

  it('are made as they are taken: the first of a run of years are there at once', () => {
    const frames = simulate({ durationSeconds: 3 * 365 * 86_400 });
    for (let taken = 0; taken < 5_000; taken += 1) expect(frames.next().done).toBe(false);
  });

  it('hold no data where none is asked for', () => {
    const count = (options: Partial<SimulationOptions>): number => [...simulate({ ...small, ...options })].length;
    expect(count({ dataPacketsPerSecond: 0 })).toBeLessThan(count({ dataPacketsPerSecond: 1 }) / 2);
  });

  it.each<[Partial<SimulationOptions>]>([
    [{ seed: 1.5 }], [{ foreignAgents: 0 }], [{ mobileNodes: -1 }], [{ durationSeconds: NaN }], [{ handoffsPerMinute: -1 }],
    [{ lossRate: 1.1 }], [{ duplicationRate: NaN }], [{ reorderingRate: -0.1 }], [{ reboots: 0.5 }], [{ clockSkewMs: -1 }], [{ styles: [] }],
  ])(
    'options out of range are refused by name: %j',
    (options) => {
      expect(() => simulate(options)).toThrow(new RegExp(Object.keys(options)[0]!));
    },
  );
});

describe('the network of the default options', () => {
  const network = describeNetwork();
  const truths: Truth[] = [];
  const results = decoded({}, truths);
  const messages = results.filter((result): result is DecodedMessage => !isUnreadable(result));
  const startNs = messages[0]!.timeNs;
  const seconds = ({ timeNs }: DecodedMessage): number => Number(timeNs - startNs) / 1e9;

  it('is read by our own codecs without an error or a violation', () => {
    expect(results).toHaveLength(messages.length);
    expect(messages.flatMap(({ violations }) => violations)).toEqual([]);
  });

  it('has every message that the play knows, in every kind of tunnel', () => {
    const kinds = new Set(messages.map(({ message }) => message.kind));
    expect([...kinds].sort()).toEqual([
      'agent-advertisement', 'agent-solicitation', 'path', 'path-tear', 'registration-reply', 'registration-request',
      'resv', 'resv-conf', 'resv-err', 'resv-tear',
    ]);
    expect(new Set(messages.flatMap(({ tunnels }) => tunnels.map(({ kind }) => kind)))).toEqual(new Set(['ip-in-ip', 'gre', 'minimal']));
  });

  it('has registrations, refreshes, denials, deregistrations and handoffs, with and without an NAI', () => {
    const requests = messages.flatMap(({ message }) => (message.kind === 'registration-request' ? [message] : []));
    const replies = messages.flatMap(({ message }) => (message.kind === 'registration-reply' ? [message] : []));
    expect(new Set(replies.map(({ code }) => code))).toEqual(new Set([0, 66, 131, 133]));
    expect(requests.some(({ lifetimeSeconds }) => lifetimeSeconds === 0)).toBe(true);
    const careOfAddresses = new Map<string, Set<string>>();
    for (const { nai, homeAddress, homeAgent, careOfAddress } of requests) {
      const id = nai ?? `${homeAddress}@${homeAgent}`;
      careOfAddresses.set(id, (careOfAddresses.get(id) ?? new Set()).add(careOfAddress));
    }
    expect([...careOfAddresses.keys()].sort()).toEqual(network.mobileNodes.map(({ id }) => id).sort());
    const moved = [...careOfAddresses].filter(([, addresses]) => addresses.size > 1).map(([id]) => id);
    const told = new Set(truths.flatMap((truth) => (truth.record === 'handoff' && truth.to !== null ? [truth.mobileNode] : [])));
    expect(moved.length).toBeGreaterThan(5);
    expect([...told].sort()).toEqual(moved.sort());
    expect(requests.length).toBeGreaterThan(3 * network.mobileNodes.length);
  });

  it('has two nodes with the same private home address, of two home agents, at one foreign agent', () => {
    const [first, second] = network.mobileNodes;
    expect(first!.homeAddress).toBe(second!.homeAddress);
    expect(first!.homeAgent).not.toBe(second!.homeAgent);
    expect(first!.firstForeignAgent).toBe(second!.firstForeignAgent);
    expect(new Set(network.mobileNodes.map(({ id }) => id)).size).toBe(network.mobileNodes.length);
  });

  it('has UDP, TCP and ESP told by an SPI, FF, SE and WF, and flows that no agent serves', () => {
    const rsvp = messages.flatMap(({ message }) => ('session' in message ? [message] : []));
    expect(new Set(rsvp.map(({ session }) => session!.protocol))).toEqual(new Set([6, 17, 50]));
    expect(rsvp.some(({ session, sender }) => session!.generalized && sender?.spi !== null)).toBe(true);
    expect(new Set(rsvp.flatMap(({ style }) => (style === null ? [] : [style])))).toEqual(new Set(['FF', 'SE', 'WF']));
    expect(rsvp.some(({ session }) => session!.destination.startsWith('203.0.113.1'))).toBe(true);
  });

  it('is seen on both links: nearly every registration and reservation twice, the same to its identity', () => {
    const relayed = messages.filter(({ message }) => ['registration-request', 'registration-reply', 'resv-conf', 'path-tear'].includes(message.kind));
    const seen = new Map<string, number>();
    for (const { identity, timeNs } of relayed) {
      const key = `${Buffer.from(identity).toString('hex')}/${timeNs / 100_000_000_000n}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    const twice = [...seen.values()].filter((times) => times % 2 === 0).length;
    expect(twice / seen.size).toBeGreaterThan(0.9);
  });

  it('refreshes within [0.5 R, 1.5 R]', () => {
    const direct = messages.filter(({ message, source }) => message.kind === 'path' && source === '192.0.2.100');
    const gaps = direct.slice(1).map((message, index) => seconds(message) - seconds(direct[index]!));
    expect(gaps.length).toBeGreaterThan(5);
    expect(gaps.every((gap) => gap >= 15 && gap <= 45)).toBe(true);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(5);
  });

  it('fills at once with sessions that routers cannot tell apart: a third of them within 20 s, the first within 5 s', () => {
    expect(collisions(5).matched).toBeGreaterThan(4);
    const { matched, sessions } = collisions(20);
    expect(sessions).toBeGreaterThan(30);
    expect(matched / sessions).toBeGreaterThan(1 / 3);
  });

  /** Sessions whose PATH has crossed a tunnel so early that none has ended yet, and those that share what routers see. */
  function collisions(withinSeconds: number): { sessions: number; matched: number } {
    const sessionsOfFlow = new Map<string, Set<string>>();
    for (const decoded of messages.filter((message) => seconds(message) < withinSeconds)) {
      const { message, tunnels: [outer] } = decoded;
      if (message.kind !== 'path' || !('session' in message) || outer === undefined) continue;
      const { session, sender } = message;
      const seen = [outer.destination, sender!.source, session!.protocol, session!.destinationPort, sender!.sourcePort ?? sender!.spi].join(' ');
      sessionsOfFlow.set(seen, (sessionsOfFlow.get(seen) ?? new Set()).add(`${session!.destination}@${outer.source}`));
    }
    const sizes = [...sessionsOfFlow.values()].map(({ size }) => size);
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    return { sessions: sum(sizes), matched: sum(sizes.filter((size) => size > 1)) };
  }
});
