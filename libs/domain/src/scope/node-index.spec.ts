import fc from 'fast-check';
import { arbitraryFlow } from '../proof/arbitrary-scopes.testing';
import { fingerprint } from '../proof/fingerprint.testing';
import { isSameStyledFlow, logicalFlowKey, styledFlowKey } from '../flow/flow-id';
import type { Flow } from '../flow/flow';
import { Journal } from '../journal/journal';
import { NodeIndex } from './node-index';
import { manyRuns, runsUpTo } from '../proof/property-runs.testing';
import type { Session, Visitor } from './session';

const ff = (sourcePort: number): Flow => ({ correspondentNode: '192.0.2.7', protocol: 17, destinationPort: 5004, sourcePort });
const session = (mobileNode: string | null, flow: Flow, style: Session['style'] = 'FF'): Session =>
  ({ sessionId: `of ${styledFlowKey(mobileNode, flow, style)}`, mobileNode, flow, style, logicalFlow: logicalFlowKey(mobileNode, flow, style) }) as Session;
const visitor = (mobileNode: string): Visitor => ({ mobileNode, homeAddress: '10.0.0.1', homeAgent: '203.0.113.1', expiresAt: null });

describe('NodeIndex', () => {
  it('given a node that is bound without sessions, when it leaves, then nothing is known of it', () => {
    const nodes = new NodeIndex(new Journal());
    nodes.setVisitor('mn-1', visitor('mn-1'));
    expect([nodes.visitor('mn-1'), [...nodes.sessionsOf('mn-1')]]).toEqual([visitor('mn-1'), []]);
    nodes.setVisitor('mn-1', undefined);
    expect([nodes.visitor('mn-1'), [...nodes.entries()]]).toEqual([undefined, []]);
  });

  it('given a node that left its sessions behind, then they are known until the last has ended', () => {
    const nodes = new NodeIndex(new Journal());
    const left = session('mn-1', ff(1));
    nodes.setVisitor('mn-1', visitor('mn-1'));
    nodes.add(left);
    nodes.setVisitor('mn-1', undefined);
    expect([nodes.visitor('mn-1'), nodes.sessionOf('mn-1', ff(1), 'FF')]).toEqual([undefined, left]);
    nodes.delete(left);
    expect([...nodes.entries()]).toEqual([]);
  });

  it('given flows of no known node, then they are nobody else’s', () => {
    const nodes = new NodeIndex(new Journal());
    const foreign = session(null, ff(1));
    nodes.add(foreign);
    expect([nodes.sessionOf(null, ff(1), null), nodes.sessionOf('', ff(1), null), nodes.sessionOf('mn-1', ff(1), null)]).toEqual([foreign, undefined, undefined]);
  });

  it.each([1, 8, 9, 20])('given %d sessions of a node, then each is found as changed last, and after a decision that is taken back as it stood before', (count) => {
    const journal = new Journal();
    const nodes = new NodeIndex(journal);
    const sessions = Array.from({ length: count }, (_, port) => session('mn-1', ff(port)));
    const changed = { ...sessions[0]!, service: 'guaranteed' } as Session;
    const standing = [changed, ...sessions.slice(1)];
    const thenStand = (): void => {
      expect(standing.map(({ flow }) => nodes.sessionOf('mn-1', flow, 'FF'))).toEqual(standing);
      expect([nodes.visitor('mn-1'), new Set(nodes.sessionsOf('mn-1'))]).toEqual([visitor('mn-1'), new Set(standing)]);
    };
    nodes.setVisitor('mn-1', visitor('mn-1'));
    for (const each of sessions) nodes.add(each);
    nodes.replace(sessions[0]!, changed);
    thenStand();
    journal.begin();
    nodes.replace(changed, sessions[0]!);
    for (const each of sessions) nodes.delete(each);
    nodes.setVisitor('mn-1', undefined);
    expect([...nodes.entries()]).toEqual([]);
    journal.unwind();
    thenStand();
    nodes.delete(changed);
    expect(standing.map(({ flow }) => nodes.sessionOf('mn-1', flow, 'FF'))).toEqual([undefined, ...standing.slice(1)]);
  });

  const step = fc.record({ what: fc.constantFrom('change', 'change', 'change', 'begin', 'confirm', 'unwind'), port: fc.nat(15), node: fc.constantFrom('mn-1', 'mn-1', 'mn-1', null) });

  it('finds each session of few and of many, as changed last, and after unwinding what stood before', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const journal = new Journal();
      const nodes = new NodeIndex(journal);
      let known = new Map<string, Session>();
      let before: { readonly known: ReadonlyMap<string, Session>; readonly text: string } | null = null;
      for (const { what, port, node } of steps) {
        if (what === 'begin' && before === null) {
          journal.begin();
          before = { known: new Map(known), text: fingerprint(nodes) };
        } else if (what === 'confirm') {
          journal.confirm();
          before = null;
        } else if (what === 'unwind' && before !== null) {
          journal.unwind();
          expect(fingerprint(nodes)).toBe(before.text);
          known = new Map(before.known);
          before = null;
        } else if (what === 'change') {
          const asked = session(node, ff(port));
          const standing = known.get(asked.sessionId);
          if (standing === undefined) nodes.add(asked);
          else if (port % 3 === 0) nodes.replace(standing, asked);
          else nodes.delete(standing);
          if (standing === undefined || port % 3 === 0) known.set(asked.sessionId, asked);
          else known.delete(asked.sessionId);
        }
      }
      for (const each of ['mn-1', null]) {
        const own = [...known.values()].filter(({ mobileNode }) => mobileNode === each);
        expect(new Set(nodes.sessionsOf(each))).toEqual(new Set(own));
        const found = Array.from({ length: 16 }, (_, port) => nodes.sessionOf(each, ff(port), 'FF'));
        expect(found).toEqual(found.map((_, port) => own.find(({ flow }) => flow.sourcePort === port)));
      }
    }), runsUpTo(200));
  });
});

describe('one logical flow of a node (domain.md §2)', () => {
  const flow = fc.constantFrom<4 | 6>(4, 6).chain(arbitraryFlow);
  const observed = fc.record({
    correspondentNode: fc.constantFrom('192.0.2.7', '192.0.2.8'), protocol: fc.constantFrom(1, 6, 17, 50, 51), destinationPort: fc.constantFrom(undefined, 0, 5004),
    sourcePort: fc.constantFrom(undefined, 0, 5000), flowLabel: fc.constantFrom(undefined, 0, 7), spi: fc.constantFrom(undefined, 9, 10),
  });
  const seen = fc.tuple(observed, fc.constantFrom(null, 'FF', 'SE', 'WF')).map(([flow, style]) => ({ flow: JSON.parse(JSON.stringify(flow)) as Flow, style } as const));

  it('is the same exactly where its keys are', () => {
    const drawn = fc.oneof(flow, seen);
    fc.assert(fc.property(drawn, drawn, (a, b) => {
      expect(isSameStyledFlow(a, b.flow, b.style)).toBe(styledFlowKey('mn-1', a.flow, a.style) === styledFlowKey('mn-1', b.flow, b.style));
      expect(isSameStyledFlow(a, { ...a.flow }, a.style)).toBe(true);
    }), manyRuns);
  });
});
