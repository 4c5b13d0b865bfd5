import fc from 'fast-check';
import { careOfAddresses, type ScopeLife, type Step } from './arbitrary-scopes.testing';
import { expectSameTable } from './same-table.testing';
import { fingerprint } from './fingerprint.testing';
import type { Flow, FlowSender } from '../flow/flow';
import { admit, at, cn, cn2, configure, path, pathTear, provision, release, resv, resvTear } from './flow-table.testing';
import { NaivePaths } from './naive-paths.testing';
import { runs } from './property-runs.testing';
import { expectSame, liveThrough } from './scope-life.testing';

const refreshPeriodMs = 600_000;
const node = fc.constantFrom('mn-1', 'mn-2');

/** Senders of one RSVP session, told by ports, by labels beside a port, by SPIs, and by their protocol alone. */
interface World {
  readonly family: 4 | 6;
  readonly to: Pick<Flow, 'protocol' | 'destinationPort'>;
  readonly senders: readonly FlowSender[];
}

const [six, six2] = ['2001:db8::7', '2001:db8::8'] as const;
const by = (correspondentNode: string, told: Omit<FlowSender, 'correspondentNode'> = {}): FlowSender => ({ correspondentNode, ...told });
const worlds: readonly World[] = [
  {
    family: 4, to: { protocol: 17, destinationPort: 5004 },
    senders: [by(cn, { sourcePort: 5000 }), by(cn2, { sourcePort: 5000 }), by(cn2, { sourcePort: 6000 })],
  },
  {
    family: 6, to: { protocol: 17, destinationPort: 5004 },
    senders: [by(six, { flowLabel: 5 }), by(six2, { flowLabel: 6 }), by(six2, { flowLabel: 1 }), by(six, { sourcePort: 9 })],
  },
  { family: 4, to: { protocol: 50, destinationPort: 9 }, senders: [by(cn, { spi: 7 }), by(cn2, { spi: 7 }), by(cn2, { spi: 8 })] },
  { family: 4, to: { protocol: 1 }, senders: [by(cn), by(cn2)] },
];

const homes = ['203.0.113.1', '203.0.113.2'] as const;
/** By which of its node's home agents a message came; or it tells none. */
const home = fc.constantFrom({}, {}, ...homes.map((homeAgent) => ({ home: { homeAgent, homeAddress: '10.0.0.5' } })));

function told({ to, senders }: World) {
  const sender = fc.constantFrom(...senders);
  const list = fc.subarray([...senders], { minLength: 1 });
  const flowOf = (of: FlowSender): Flow => ({ ...to, ...of });
  const listOf = (of: readonly FlowSender[]): Flow => ({ ...to, senders: of });
  // A wildcard is of ports alone.
  const otherStyle = to.protocol === 17 ? fc.oneof(sender.map(flowOf), fc.constant<Flow>(to)) : sender.map(flowOf);
  return fc.oneof(
    { weight: 5, arbitrary: fc.tuple(node, sender, home).map(([mn, s, h]) => (i: number, now: number) => path(`s${i}`, mn, flowOf(s), { observedAt: at(now), refreshPeriodMs, ...h })) },
    { weight: 5, arbitrary: fc.tuple(node, list, home).map(([mn, l, h]) => (i: number, now: number) =>
      resv(`s${i}`, mn, listOf(l), { observedAt: at(now), refreshPeriodMs, ...h })) },
    { weight: 2, arbitrary: fc.tuple(node, sender).map(([mn, s]) => (_: number, now: number) => ({ ...pathTear(mn, flowOf(s)), observedAt: at(now) })) },
    { weight: 4, arbitrary: fc.tuple(node, otherStyle, home).map(([mn, f, h]) => (i: number, now: number) => resv(`s${i}`, mn, f, { observedAt: at(now), refreshPeriodMs, ...h })) },
    { weight: 6, arbitrary: fc.tuple(node, fc.oneof(list.map(listOf), otherStyle)).map(([mn, f]) => (_: number, now: number) =>
      ({ ...resvTear(mn, f), observedAt: at(now) })) },
    { weight: 2, arbitrary: sender.map((s) => (i: number) => configure(`s${i}`, 'mn-3', flowOf(s), { refreshPeriodMs })) },
    {
      weight: 2,
      arbitrary: fc.tuple(node, list, fc.option(fc.nat(24))).map(([mn, l, k]) => (i: number) =>
        configure(`s${i}`, mn, { ...to, senders: l }, { style: 'SE', refreshPeriodMs, replaces: k === null ? null : `s${k + 4}` })),
    },
    { weight: 2, arbitrary: fc.nat(24).map((k) => () => release(`s${k + 4}`)) },
    // Another of its bindings lasts longest from now on.
    { weight: 1, arbitrary: fc.tuple(node, fc.constantFrom(...homes)).map(([mn, homeAgent]) => (i: number) => admit(mn, BigInt(i), { homeAgent })) },
  );
}

const outerSource = fc.constantFrom('correspondent-node' as const, 'home-agent' as const);
const policy = fc.record({ quarantineSeconds: fc.constantFrom(null, 0, 60), mixedClassifiers: fc.boolean(), outerSource });
const wait = fc.constantFrom(0, 1, 1, 10, 59);
const range = (first: number, last: number) => ({ first, last });
const pools = { sourcePort: range(49_152, 49_155), destinationPort: range(49_152, 49_153), flowLabel: range(1, 2), greKey: range(1, 2) };

const lives = (world: World): fc.Arbitrary<ScopeLife> => fc.tuple(policy, fc.array(fc.tuple(wait, told(world)), { minLength: 6, maxLength: 30, size: 'max' })).map(([p, drawn]) => {
  const admitted = ['mn-1', 'mn-2', 'mn-3'].map((mn, i) => admit(mn, BigInt(i + 1)));
  const first: Step[] = [provision(0n, p, pools), ...admitted].map((command) => ({ seconds: 0, command }));
  let now = 0;
  const rest = drawn.map(([seconds, command], i) => ({ seconds: (now += seconds), command: command(i + 4, now) }));
  return { careOfAddress: careOfAddresses[world.family], steps: [...first, ...rest] };
});

describe('path state under reservations of every style, against a naive model written from domain.md §5', () => {
  test.each(worlds)('I1 I2 I12 a path holds its id from its PATH to its PathTear, and no node collides with what its own list gave back (IPv$family, $to)', (world) => {
    fc.assert(fc.property(lives(world), (life) => {
      const model = new NaivePaths(life.careOfAddress);
      liveThrough(life, ({ state, step, events }) => {
        const { outcome, matched } = model.handle(step.command, at(step.seconds));
        expectSameTable(state, model);
        const told = events.flatMap((event) => (event.type === 'QosSessionConfigured' ? [event.matched.map((match) => `${match.sessionId} ${match.state}`).sort()] : []));
        if (outcome === 'configured') expectSame(fingerprint(told), fingerprint([matched]));
      });
    }), runs);
  });
});
