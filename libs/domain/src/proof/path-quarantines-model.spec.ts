import fc from 'fast-check';
import { careOfAddresses, type ScopeLife, type Step } from './arbitrary-scopes.testing';
import { expectSameTable } from './same-table.testing';
import { fingerprint } from './fingerprint.testing';
import { admit, at, cn, cn2, configure, ff, path, pathTear, provision, release, resv, se } from './flow-table.testing';
import { NaivePaths } from './naive-paths.testing';
import { runs } from './property-runs.testing';
import { expectSame, liveThrough } from './scope-life.testing';

const refreshPeriodMs = 600_000;
const senders = [[cn, 5000], [cn2, 5000], [cn2, 6000]] as const;
const node = fc.constantFrom('mn-1', 'mn-2');
const sender = fc.constantFrom(...senders);
const list = fc.subarray([...senders], { minLength: 1 });
const flowOf = ([correspondentNode, sourcePort]: readonly [string, number]) => ff({ correspondentNode, sourcePort });

const drawn = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(node, sender).map(([mn, s]) => (i: number, now: number) => path(`s${i}`, mn, flowOf(s), { observedAt: at(now), refreshPeriodMs })) },
  { weight: 5, arbitrary: fc.tuple(node, list).map(([mn, l]) => (i: number, now: number) => resv(`s${i}`, mn, se(...l), { observedAt: at(now), refreshPeriodMs })) },
  { weight: 2, arbitrary: fc.tuple(node, sender).map(([mn, s]) => (_: number, now: number) => ({ ...pathTear(mn, flowOf(s)), observedAt: at(now) })) },
  { weight: 2, arbitrary: sender.map((s) => (i: number) => configure(`s${i}`, 'mn-3', flowOf(s), { refreshPeriodMs })) },
  { weight: 2, arbitrary: fc.nat(24).map((k) => () => release(`s${k + 4}`)) },
);
const outerSource = fc.constantFrom('correspondent-node' as const, 'home-agent' as const);
const policy = fc.record({ quarantineSeconds: fc.constantFrom(null, 0, 60), mixedClassifiers: fc.boolean(), outerSource });
const wait = fc.constantFrom(0, 1, 1, 10, 59);
const range = (first: number, last: number) => ({ first, last });
const pools = { sourcePort: range(49_152, 49_155), destinationPort: range(49_152, 49_153), flowLabel: range(1, 2), greKey: range(1, 2) };

const lives: fc.Arbitrary<ScopeLife> = fc.tuple(policy, fc.array(fc.tuple(wait, drawn), { minLength: 6, maxLength: 25, size: 'max' })).map(([p, told]) => {
  const admitted = ['mn-1', 'mn-2', 'mn-3'].map((mn, i) => admit(mn, BigInt(i + 1)));
  const first: Step[] = [provision(0n, p, pools), ...admitted].map((command) => ({ seconds: 0, command }));
  let now = 0;
  const rest = told.map(([seconds, command], i) => ({ seconds: (now += seconds), command: command(i + 4, now) }));
  return { careOfAddress: careOfAddresses[4], steps: [...first, ...rest] };
});

describe('path state under lists of senders, against a naive model written from domain.md §5', () => {
  test('I1 I2 I12 a path holds its id from its PATH to its PathTear, and no node collides with what its own list gave back', () => {
    fc.assert(fc.property(lives, (life) => {
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
