import fc from 'fast-check';
import { arbitraryFlow, type Family } from './arbitrary-scopes.testing';
import type { Flow, Style } from '../flow/flow';
import { configure, provision, release } from './flow-table.testing';
import { HandoffNetwork } from './handoff-network.testing';
import type { StartHandoff } from '../commands/mobile-node-commands';
import { defaultPolicy, type Policy, type Pools } from '../flow/policy';
import { homeAddress, type Place } from './told-network.testing';

const names = ['mn-1', 'mn-2', 'mn-3'] as const;
const homeAgents = new Map([
  ['mn-1', ['203.0.113.1', '203.0.113.2']], ['mn-2', ['203.0.113.1', '203.0.113.3']], ['mn-3', ['203.0.113.2', '203.0.113.1']],
] as const);
const prefixes: Readonly<Record<Family, readonly string[]>> = { 4: ['198.51.100.1', '198.51.101.1', '198.51.102.1'], 6: ['2001:db8:1::1', '2001:db8:2::1', '2001:db8:3::1'] };
const placesOf = (family: Family): Place[] => prefixes[family].map((careOfAddress, i) => ({ foreignAgent: `fa-${i + 1}`, careOfAddress }));
const range = (first: number, last: number) => ({ first, last });
const scarce: readonly Partial<Pools>[] = [
  { sourcePort: null, destinationPort: null, flowLabel: null, greKey: null },
  { sourcePort: range(49152, 49152), destinationPort: null, flowLabel: range(7, 7), greKey: null },
  { sourcePort: range(49152, 49153), destinationPort: range(49152, 49152), flowLabel: range(1, 2), greKey: range(1, 1) },
];

interface Registration extends Place {
  readonly node: string;
  /** Through which of its home agents. */
  readonly home: 0 | 1;
  readonly lifetimeSeconds: number;
  readonly handoff: Policy['handoff'];
  /** `orphan`: it was only observed. */
  readonly oldLegs: 'release' | 'orphan';
  readonly flags?: readonly 'S'[];
}

interface Configuration {
  readonly node: string;
  readonly flow: Flow;
  readonly style: Style;
  /** Null: where the node is a visitor. */
  readonly careOfAddress: string | null;
  readonly refreshPeriodMs: number | undefined;
  readonly r: number;
}

type Ending = 'administrator' | 'path-tear' | 'resv-tear' | 'preemption';

/** One thing that comes to pass, so many seconds after the one before; what it begins has its number in the name. */
type Happening = { readonly seconds: number } & (
  | { readonly register: Registration }
  | { readonly handOff: Pick<StartHandoff, 'kind' | 'oldLegs' | 'ifRefused' | 'deadlineMs' | 'maximumLifetimeSeconds'> & Place & { readonly node: string } }
  | { readonly step: string; readonly times: number }
  | { readonly stepBack: string }
  | { readonly crash: string }
  | { readonly configure: Configuration }
  /** One of the legs that stand, wherever. */
  | { readonly release: number; readonly cause: Ending }
  /** Through whichever home agent, or through one of them. */
  | { readonly revoke: string; readonly careOfAddress: string; readonly home: 0 | 1 | null }
  | { readonly provision: string; readonly policy: Policy; readonly pools: Partial<Pools> }
);

export interface HandoffLife {
  readonly places: readonly Place[];
  readonly policy: Policy;
  readonly pools: Partial<Pools>;
  readonly happenings: readonly Happening[];
}

/** The first moves most, and finds the others' sessions where it comes. */
const node = fc.constantFrom('mn-1', 'mn-1', 'mn-1', 'mn-2', 'mn-3');
const policy: fc.Arbitrary<Policy> = fc.record({
  quarantineSeconds: fc.constantFrom(null, 0, 60), outerSource: fc.constantFrom('correspondent-node' as const, 'correspondent-node' as const, 'home-agent' as const),
}).map((drawn) => ({ ...defaultPolicy, ...drawn }));
const oldLegs = fc.constantFrom('release' as const, 'release' as const, 'orphan' as const);
const home = fc.constantFrom<0 | 1>(0, 0, 0, 0, 1);
const goesHome = { foreignAgent: 'direct', careOfAddress: homeAddress, lifetimeSeconds: 0, handoff: 'make-before-break', oldLegs: 'release' } as const;

type Drawn = Happening extends infer H ? (H extends Happening ? Omit<H, 'seconds'> : never) : never;

function arbitraryConfiguration(family: Family): fc.Arbitrary<Configuration> {
  const place = fc.constantFrom(...placesOf(family));
  const careOfAddress = fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, place.map((one) => one.careOfAddress));
  const source = family === 4 ? '192.0.2.7' : '2001:db8::7';
  const common = fc.constantFrom(5000, 5000, 5001, 5002).map((sourcePort) =>
    ({ flow: { correspondentNode: source, protocol: 17, destinationPort: 5004, sourcePort }, style: 'FF' as const }));
  const drawn = fc.oneof({ weight: 2, arbitrary: common }, arbitraryFlow(family));
  const refreshPeriodMs = fc.constantFrom(undefined, undefined, 0, 10_000);
  const terms = fc.record({ node, drawn, careOfAddress, refreshPeriodMs, r: fc.constantFrom(10_000, 10_000, 20_000) });
  return terms.map(({ drawn: flow, ...rest }) => ({ ...flow, ...rest }));
}

function happening(family: Family): fc.Arbitrary<Drawn> {
  const place = fc.constantFrom(...placesOf(family));
  const handoff = fc.constantFrom('make-before-break' as const, 'make-before-break' as const, 'break-before-make' as const, 'none' as const);
  const register = fc.record({ node, place, home, lifetimeSeconds: fc.constantFrom(65_535, 65_535, 65_535, 300, 300, 100, 20), oldLegs, handoff, flags: fc.constantFrom([], [], [], [], [], ['S' as const]) });
  const handOff = fc.record({
    node, place, oldLegs, kind: fc.constantFrom('make-before-break' as const, 'break-before-make' as const), ifRefused: fc.constantFrom('degrade' as const, 'roll-back' as const),
    deadlineMs: fc.constantFrom(5_000, 30_000, 300_000), maximumLifetimeSeconds: fc.constantFrom(65_535, 65_535, 50),
  });
  return fc.oneof(
    { weight: 14, arbitrary: arbitraryConfiguration(family).map((configure): Drawn => ({ configure })) },
    { weight: 7, arbitrary: register.map(({ place: to, ...terms }): Drawn => ({ register: { ...to, ...terms } })) },
    { weight: 3, arbitrary: handOff.map(({ place: to, ...terms }): Drawn => ({ handOff: { ...to, ...terms } })) },
    { weight: 16, arbitrary: fc.record({ step: node, times: fc.constantFrom(1, 1, 1, 2, 9) }) },
    { weight: 2, arbitrary: fc.record({ crash: node }) },
    { weight: 3, arbitrary: fc.record({ stepBack: node }) },
    { weight: 3, arbitrary: fc.record({ release: fc.nat(7), cause: fc.constantFrom<Ending>('administrator', 'path-tear', 'resv-tear', 'preemption') }) },
    { weight: 1, arbitrary: fc.record({ node, home }).map((of): Drawn => ({ register: { ...of, ...goesHome } })) },
    { weight: 1, arbitrary: fc.record({ revoke: node, careOfAddress: place.map((one) => one.careOfAddress), home: fc.option(home) }) },
    { weight: 1, arbitrary: fc.record({ provision: place.map((one) => one.careOfAddress), policy, pools: fc.constantFrom(...scarce) }) },
  );
}

/** Small worlds: three agents, three nodes with the same home address, a handful of flows and ids. */
export const handoffLife: fc.Arbitrary<HandoffLife> = fc.constantFrom(4 as const, 4 as const, 6 as const).chain((family) => {
  const wait = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(0, 0, 0, 0, 1, 4) },
    { weight: 3, arbitrary: fc.constantFrom(20, 60, 100) },
    { weight: 1, arbitrary: fc.constant(237) },
  );
  const happenings = fc.array(fc.tuple(wait, happening(family)).map(([seconds, drawn]): Happening => ({ seconds, ...drawn })), { minLength: 10, maxLength: 30, size: 'max' });
  const begun = fc.array(arbitraryConfiguration(family).map((configure): Happening => ({ seconds: 0, configure })), { minLength: 2, maxLength: 6, size: 'max' });
  const all = fc.tuple(begun, happenings).map((both) => both.flat());
  return fc.record({ places: fc.constant(placesOf(family)), policy, pools: fc.constantFrom(...scarce), happenings: all });
});

/** @param look what to see after each */
export function liveOnNetwork(life: HandoffLife, look: (network: HandoffNetwork) => void = () => undefined): HandoffNetwork {
  const network = new HandoffNetwork(life.places, homeAgents, provision(0n, life.policy, life.pools));
  names.forEach((name, i) => registers(network, i, { node: name, home: 0, ...life.places[i]!, lifetimeSeconds: 65_535, handoff: 'none', oldLegs: 'release' }));
  life.happenings.forEach((one, i) => {
    if (one.seconds > 0) network.pass(one.seconds);
    happens(network, i + names.length, one);
    look(network);
  });
  network.settle();
  network.expectSettled();
  look(network);
  return network;
}

function happens(network: HandoffNetwork, i: number, one: Happening): void {
  if ('register' in one) registers(network, i, one.register);
  else if ('handOff' in one) {
    const { node: mobileNode, ...terms } = one.handOff;
    network.toNode(mobileNode, { type: 'StartHandoff', handoffId: `h${i}`, mobileNode, ...terms });
  } else if ('step' in one) {
    for (let n = 0; n < one.times; n++) network.step(one.step);
  } else if ('crash' in one) network.crash(one.crash);
  else if ('stepBack' in one) network.stepBack(one.stepBack);
  else if ('configure' in one) configures(network, `s${i}`, one.configure);
  else if ('release' in one) releases(network, one.release, one.cause);
  else if ('revoke' in one) revokes(network, one);
  else network.tellScope(one.provision, provision(BigInt(i), one.policy, one.pools));
}

function revokes(network: HandoffNetwork, { revoke: name, careOfAddress, home: of }: Extract<Happening, { readonly revoke: string }>): void {
  const homeAgent = of === null ? null : network.node(name).homeAgents[of]!;
  network.toNode(name, { type: 'Revoke', foreignAgent: null, homeAgent, homeAddress: null, careOfAddress });
}

function registers(network: HandoffNetwork, i: number, drawn: Registration): void {
  const { node: mobileNode, foreignAgent, careOfAddress, lifetimeSeconds: asked, handoff, oldLegs: told } = drawn;
  const homeAgent = network.node(mobileNode).homeAgents[drawn.home]!;
  const of = { mobileNode, homeAgent, homeAddress, identification: String(i + 1) };
  const request = { ...of, foreignAgent, careOfAddress, lifetimeSeconds: asked, flags: drawn.flags ?? [], policy: { replayProtection: 'rising', maximumLifetimeSeconds: 65_535, handoff } } as const;
  const handoffId = `h${i}`;
  if (told === 'release') return void network.toNode(mobileNode, { type: 'Register', ...request, careOfAddressValid: true, nonce: 0, handoffId });
  const seen = { observedAt: network.now, violations: [] };
  network.toNode(mobileNode, { type: 'ObserveRequest', ...request, ...seen, pendingAtAgent: 0 });
  network.toNode(mobileNode, { type: 'ObserveReply', ...of, ...seen, code: 0, lifetimeSeconds: asked, handoffId });
}

function configures(network: HandoffNetwork, sessionId: string, { node: name, flow, style, careOfAddress, refreshPeriodMs, r }: Configuration): void {
  const visited = network.places.find((place) => network.scopes.get(place.careOfAddress)!.model.visitorsHere.includes(name));
  const where = careOfAddress ?? (visited ?? network.places[0]!).careOfAddress;
  network.tellScope(where, configure(sessionId, name, flow, { style, refreshPeriodMs, tspec: { r, b: 1, p: 'Infinity', m: 0, M: 1 } }));
}

function releases(network: HandoffNetwork, k: number, cause: Ending): void {
  const legs = [...network.scopes].flatMap(([careOfAddress, { model: { sessions, degraded } }]) =>
    [...sessions, ...degraded].map(({ sessionId }) => ({ careOfAddress, sessionId })));
  const leg = legs[k % legs.length];
  if (leg) network.tellScope(leg.careOfAddress, release(leg.sessionId, cause));
}
