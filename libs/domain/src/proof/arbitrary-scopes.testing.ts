import fc from 'fast-check';
import type { Flow, Style } from '../flow/flow';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { handedOff } from './arbitrary-handoffs.testing';
import { admit, at, configure, dismiss, path, pathTear, provision, release, resv, resvTear, tick, timeAt } from './flow-table.testing';
import type { Policy, Pools } from '../flow/policy';

/** A step of a scope's life: so many seconds after the one before, this command. */
export interface Step {
  readonly seconds: number;
  readonly command: FlowTableCommand;
}

export interface ScopeLife {
  readonly careOfAddress: string;
  readonly steps: readonly Step[];
}

/** Small worlds, so that everything collides with everything: three nodes, two correspondent nodes, a handful of ports. */
const nodes = ['mn-1', 'mn-2', 'mn-3'] as const;
export const node = fc.constantFrom(...nodes);
const homeAgent = fc.constantFrom('203.0.113.1', '203.0.113.2');
const scarce: Partial<Pools> = {
  sourcePort: { first: 49152, last: 49154 },
  destinationPort: { first: 49152, last: 49153 },
  flowLabel: { first: 1, last: 3 },
  greKey: { first: 1, last: 2 },
};

export type Family = 4 | 6;
const correspondentNodes: Readonly<Record<Family, readonly [string, string]>> = { 4: ['192.0.2.7', '192.0.2.8'], 6: ['2001:db8::7', '2001:db8::8'] };
export const careOfAddresses: Readonly<Record<Family, string>> = { 4: '198.51.100.1', 6: '2001:db8:1::1' };

const often = <T>(value: T, ...others: T[]): fc.Arbitrary<T> => fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, fc.constantFrom(value, ...others));

export function arbitraryFlow(family: Family): fc.Arbitrary<{ readonly flow: Flow; readonly style: Style }> {
  const source = fc.constantFrom(...correspondentNodes[family]);
  const sourcePort = often(5000, 5000, 0, 49152);
  const destinationPort = often(5004, 5004, 5004, 49152, 0);
  const protocol = often(17, 17, 17, 6);
  const ff = fc.record({ correspondentNode: source, protocol, destinationPort, sourcePort });
  const flowLabel = fc.constantFrom(1, 2);
  const label = fc.record({ correspondentNode: source, protocol: fc.constant(17), flowLabel, destinationPort: fc.constantFrom(5004, 0) }, { requiredKeys: ['correspondentNode', 'protocol', 'flowLabel'] });
  const spi = fc.record({ correspondentNode: source, protocol: fc.constantFrom(50, 51), spi: fc.constantFrom(1, 2) });
  const noPorts = fc.record({ correspondentNode: source, protocol: fc.constantFrom(1, 47, 50) });
  const sender = fc.record({ correspondentNode: source, sourcePort });
  const labelled = fc.record({ correspondentNode: source, flowLabel });
  const listOf = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 1, maxLength: 3 });
  const ofPorts = fc.record({ protocol, destinationPort, senders: listOf(sender) });
  const ofLabels = fc.record({ protocol, destinationPort, senders: listOf(fc.oneof({ weight: 3, arbitrary: labelled }, sender)) });
  const ofSpis = fc.record({ protocol: fc.constantFrom(50, 51), senders: listOf(fc.record({ correspondentNode: source, spi: fc.constantFrom(1, 2) })) });
  const ofProtocols = fc.record({ protocol: fc.constantFrom(1, 50), senders: listOf(fc.record({ correspondentNode: source })) });
  const se = family === 6 ? fc.oneof(ofPorts, ofLabels, ofSpis) : fc.oneof({ weight: 3, arbitrary: ofPorts }, ofSpis, ofProtocols);
  const wf = fc.record({ protocol, destinationPort });
  const styled = (style: Style) => (flow: Flow) => ({ flow, style });
  const single = family === 6 ? fc.oneof(ff, label, spi) : fc.oneof({ weight: 3, arbitrary: ff }, spi, noPorts);
  return fc.oneof(
    { weight: 6, arbitrary: (single as fc.Arbitrary<Flow>).map(styled('FF')) },
    { weight: 3, arbitrary: (se as fc.Arbitrary<Flow>).map(styled('SE')) },
    { weight: 1, arbitrary: (wf as fc.Arbitrary<Flow>).map(styled('WF')) },
  );
}

const policy: fc.Arbitrary<Partial<Policy>> = fc.record({
  quarantineSeconds: fc.constantFrom(null, 0, 60),
  mixedClassifiers: often(false, true),
  outerSource: often('correspondent-node' as const, 'home-agent' as const),
});

const after = (now: number, lifetime: number | null): string | null => (lifetime === null ? null : timeAt(now + lifetime));

export type Drawn = (index: number, now: number) => FlowTableCommand;

function commanded(family: Family): fc.Arbitrary<Drawn> {
  const refreshPeriodMs = fc.constantFrom(undefined, undefined, 0, 10_000, 30_000);
  const r = often(10_000, 20_000);
  const earlier = fc.integer({ min: 4, max: 16 });
  const configureAny = fc.record({ node, drawn: arbitraryFlow(family), refreshPeriodMs, r, replaces: fc.option(earlier, { freq: 12 }) });
  const releaseAny = fc.record({
    k: earlier, cause: fc.constantFrom('administrator' as const, 'path-tear' as const, 'resv-tear' as const), claimedBy: fc.option(node, { freq: 2 }),
  });
  const registration = fc.record({ node, homeAgent, lifetime: fc.constantFrom(null, null, 100, 1_000), cause: fc.constantFrom('deregistration' as const, 'superseded' as const) });
  return fc.oneof(
    { weight: 12, arbitrary: configureAny.map((c): Drawn => (i) => configure(`s${i}`, c.node, c.drawn.flow, {
      style: c.drawn.style, refreshPeriodMs: c.refreshPeriodMs, tspec: { r: c.r, b: 1, p: 'Infinity', m: 0, M: 1 }, replaces: c.replaces === null ? null : `s${c.replaces}`,
    })) },
    { weight: 4, arbitrary: releaseAny.map(({ k, cause, claimedBy }): Drawn => () => release(`s${k}`, cause, claimedBy)) },
    { weight: 1, arbitrary: registration.map((g): Drawn => (i, now) =>
      admit(g.node, BigInt(i), { homeAgent: g.homeAgent, expiresAt: after(now, g.lifetime) })) },
    { weight: 1, arbitrary: registration.map((g): Drawn => (i, now) => dismiss(g.node, BigInt(i), { cause: g.cause, orphanedUntil: after(now, g.lifetime) })) },
    { weight: 1, arbitrary: fc.constant((): FlowTableCommand => tick) },
  );
}

function observed(family: Family): fc.Arbitrary<Drawn> {
  const mobileNode = fc.option(node, { freq: 4 });
  // RSVP_HOP, and the router at which reservations meet; a capture further up the way shows that router's own.
  const hop = fc.record({ nextHop: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'), node: often('198.51.100.1', '203.0.113.1') });
  const hops: fc.Arbitrary<{ readonly nextHop?: string; readonly node?: string }> = fc.oneof(fc.constant({}), { weight: 2, arbitrary: hop });
  // By which of its node's bindings it came; or as the scope knows the visitor.
  const home = fc.oneof(fc.constant({}), homeAgent.map((agent) => ({ home: { homeAgent: agent, homeAddress: '10.0.0.5' } })));
  const late = often(0, 0, 0, 1_000);
  const message = fc.record({ node: mobileNode, drawn: arbitraryFlow(family), late, refreshPeriodMs: often(30_000, 10_000), hops, home });
  const pathOf = (flow: Flow): Flow => {
    const { senders, ...to } = flow;
    return senders ? { ...to, ...senders[0]! } : flow;
  };
  const single = message.filter(({ drawn }) => drawn.style !== 'WF').map((m) => ({ ...m, flow: pathOf(m.drawn.flow) }));
  return fc.oneof(
    { weight: 4, arbitrary: single.map(({ node: mn, flow, late, refreshPeriodMs, home: by }): Drawn => (i, now) =>
      path(`s${i}`, mn, flow, { observedAt: at(now - late), refreshPeriodMs, ...by })) },
    { weight: 4, arbitrary: message.map(({ node: mn, drawn: { flow, style }, late, refreshPeriodMs, hops: seen, home: by }): Drawn => (i, now) =>
      resv(`s${i}`, mn, flow, { style, observedAt: at(now - late), refreshPeriodMs, ...seen, ...by })) },
    { weight: 2, arbitrary: single.map((m): Drawn => (_, now) => ({ ...pathTear(m.node, m.flow), observedAt: at(now) })) },
    { weight: 1, arbitrary: message.map(({ node: mn, drawn: { flow, style }, hops: seen }): Drawn => (_, now) =>
      ({ ...resvTear(mn, flow), style, observedAt: at(now), ...seen })) },
  );
}

/** Emptied, moved, widened, narrowed, with values that are not handed out. */
const otherPools: readonly Partial<Pools>[] = [
  scarce,
  { ...scarce, sourcePort: null },
  { ...scarce, sourcePort: { first: 49153, last: 49160 }, flowLabel: { first: 2, last: 9, reserved: [{ first: 3, last: 4 }] } },
  { ...scarce, sourcePort: { first: 49152, last: 49154, reserved: [{ first: 49152, last: 49152 }, { first: 49154, last: 49154 }] }, greKey: null },
];

/** Policy and pools can change while ids are out. */
const reprovision: fc.Arbitrary<Drawn> = fc
  .record({ policy, pools: fc.constantFrom(...otherPools) })
  .map(({ policy: p, pools }): Drawn => (i) => provision(BigInt(i), p, pools));

interface LifeOptions {
  /** Also what captures show. */
  readonly observed?: boolean;
  /** Also steps of handoffs, early, late and of every order. */
  readonly handoffs?: boolean;
  readonly reprovision?: boolean;
  readonly maxLength?: number;
}

export function arbitraryLife(options: LifeOptions = {}): fc.Arbitrary<ScopeLife> {
  const wait = fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(0, 0, 1, 10) },
    { weight: 5, arbitrary: fc.constantFrom(30, 60, 100) },
    { weight: 1, arbitrary: fc.constant(237) },
  );
  const lifeOf = (family: Family): fc.Arbitrary<ScopeLife> => {
    const drawn = fc.oneof(
      { weight: 10, arbitrary: commanded(family) },
      ...(options.observed ? [{ weight: 8, arbitrary: observed(family) }] : []),
      ...(options.handoffs ? [{ weight: 8, arbitrary: handedOff(family) }] : []),
      ...(options.reprovision ? [{ weight: 1, arbitrary: reprovision }] : []),
    );
    const steps = fc.array(fc.tuple(wait, drawn), { minLength: 8, maxLength: options.maxLength ?? 20, size: 'max' });
    return fc.tuple(policy, steps).map(([p, list]) => ({ careOfAddress: careOfAddresses[family], steps: timed(p, list) }));
  };
  return fc.oneof({ weight: 2, arbitrary: lifeOf(4) }, lifeOf(6));
}

/** Steps 0 to 3 provision the scope and admit the nodes; session `s…` and every revision are the step's number. */
function timed(p: Partial<Policy>, list: readonly (readonly [number, Drawn])[]): Step[] {
  const admitted = nodes.map((name, i) => admit(name, BigInt(i + 1), { homeAgent: i === 2 ? '203.0.113.2' : '203.0.113.1' }));
  const first = [provision(0n, p, scarce), ...admitted].map((command) => ({ seconds: 0, command }));
  let now = 0;
  const rest = list.map(([seconds, drawn], i) => {
    now += seconds;
    return { seconds: now, command: drawn(i + first.length, now) };
  });
  return [...first, ...rest];
}
