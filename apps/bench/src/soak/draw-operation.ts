import type { Flow, Style } from '#domain';
import { oneIn, pick, weighted, type Choices } from './choices';
import type { ObservedReservation, Operation, Registration, Release } from './operation';
import { agents, drawFlow, nodes, poolsToProvision, scopes, type Node, type SmallScope } from './small-network';
import type { Witness } from './witness';

const lifetimes = [60, 300, 300, 300, 900, 65_535];
const tspecs = [10_000, 20_000].map((r) => ({ r, b: 2_000, p: 'Infinity' as const, m: 0, M: 1_500 }));

/** Draws what happens next. Requests that were seen wait here for their replies, which are lost, doubled, late and out of order. */
export class Drawing {
  private readonly awaited: Registration<'request'>[] = [];
  private identifications = 1000n;
  private ofStrangers = 0;

  constructor(
    private readonly choices: Choices,
    private readonly witness: Witness,
  ) {}

  next(): Operation {
    const { choices } = this;
    const kind = weighted(choices, {
      configure: 24, register: 14, handoff: 6, release: 6, timers: 5, processes: 3, request: 5, reply: 5, path: 4, resv: 4, 'path-tear': 2, 'resv-tear': 2,
      provision: 2, revoke: 1, 'observed-revocation': 1, remove: 1, reboot: 1,
    });
    switch (kind) {
      case 'register':
        return this.registration(kind);
      case 'request':
        return this.request();
      case 'reply':
        return this.reply();
      case 'configure':
      case 'path':
      case 'resv':
      case 'path-tear':
      case 'resv-tear':
        return this.reservation(kind);
      case 'release':
        return this.release();
      case 'provision':
        return this.provision(pick(choices, agents));
      case 'remove':
        return { kind, foreignAgent: pick(choices, agents), force: oneIn(choices, 2) };
      case 'revoke':
      case 'observed-revocation':
        return { kind, mobileNode: pick(choices, nodes).mobileNode, foreignAgent: pick(choices, [null, ...agents]) };
      case 'reboot':
        return { kind, foreignAgent: pick(choices, agents) };
      case 'handoff':
        return {
          kind, mobileNode: this.nodeLikelyBound().mobileNode, to: pick(choices, scopes),
          oldAgentReachable: !oneIn(choices, 4), ifRefused: pick(choices, ['degrade', 'degrade', 'roll-back'] as const),
          mode: pick(choices, [null, null, 'break-before-make'] as const),
        };
      case 'timers':
      case 'processes':
        return { kind };
    }
  }

  /** Some agents keep the defaults, or are learned from what registers there. */
  provision(foreignAgent: string): Operation {
    const { choices } = this;
    const own = scopes.filter((scope) => scope.foreignAgent === foreignAgent).map(({ careOfAddress }) => careOfAddress);
    return {
      kind: 'provision', foreignAgent,
      careOfAddresses: oneIn(choices, 6) ? own.slice(0, 1) : own,
      pools: pick(choices, poolsToProvision),
      policy: {
        quarantineSeconds: pick(choices, [null, 0, 60]),
        handoff: pick(choices, ['make-before-break', 'make-before-break', 'break-before-make', 'none'] as const),
        maximumLifetimeSeconds: pick(choices, [65_535, 600]),
      },
    };
  }

  private registration<Kind extends 'register' | 'request'>(kind: Kind): Registration<Kind> {
    const { choices } = this;
    const node = this.nodeLikelyBound();
    const leaves = oneIn(choices, 5);
    return {
      kind, node, scope: pick(choices, scopes), homeAgent: pick(choices, node.homeAgents), atHome: leaves && oneIn(choices, 2),
      lifetimeSeconds: leaves ? 0 : pick(choices, lifetimes),
      identification: kind === 'request' || oneIn(choices, 3) ? this.identification() : null,
      flags: oneIn(choices, 6) ? ['S'] : [],
      lateMs: kind === 'request' ? this.late() : 0,
    };
  }

  private request(): Registration<'request'> {
    const request = this.registration('request');
    this.awaited.push(request);
    return request;
  }

  /** Rising, but for some that a replay brings back. */
  private identification(): string {
    return String(oneIn(this.choices, 6) ? this.identifications - BigInt(this.choices.below(5)) : ++this.identifications);
  }

  /** Of a request that was seen, or of one that nobody saw; a request stays here, so its reply may come twice. */
  private reply(): Operation {
    const { choices, awaited } = this;
    const request = awaited.length === 0 || oneIn(choices, 8) ? this.request() : pick(choices, awaited);
    if (oneIn(choices, 2)) awaited.splice(0, awaited.indexOf(request) + 1);
    return { kind: 'reply', request, code: pick(choices, [0, 0, 0, 0, 1, 66, 131, 133]), lifetimeSeconds: pick(choices, [request.lifetimeSeconds, 120, 900]), lateMs: this.late() };
  }

  private reservation(kind: 'configure' | ObservedReservation['kind']): Operation {
    const { choices, witness } = this;
    const { mobileNode } = this.nodeLikelyBound();
    const scope = this.scopeLikelyOf(mobileNode);
    const drawn = drawFlow(choices, scope.careOfAddress);
    const isOfOneSender = kind === 'path' || kind === 'path-tear';
    const isVisitor = witness.scopes.get(`${scope.foreignAgent}@${scope.careOfAddress}`)?.state.visitors.has(mobileNode) ?? false;
    // Whoever reads a capture may know of a registration that the scope was not told of yet, or is told no more.
    const isNamed = isVisitor || ++this.ofStrangers % 3 === 0;
    const of = { scope, mobileNode: isNamed ? mobileNode : null, ...(isOfOneSender ? ofOneSender(drawn.flow, scope.careOfAddress) : drawn), lateMs: kind === 'configure' ? 0 : this.late() };
    if (kind === 'path-tear' || kind === 'resv-tear') return { kind, ...of };
    const terms = { tspec: pick(choices, tspecs), refreshPeriodMs: pick(choices, [30_000, 30_000, 0, 10_000]) };
    return kind === 'configure' ? { kind, ...of, mobileNode, ...terms } : { kind, ...of, ...terms };
  }

  private release(): Release | { readonly kind: 'timers' } {
    const { choices, witness } = this;
    const legs = witness.book.standing;
    if (legs.length === 0) return { kind: 'timers' };
    const { sessionId, scope } = pick(choices, legs);
    return { kind: 'release', sessionId, scope, cause: pick(choices, ['path-tear', 'resv-tear', 'administrator', 'preemption'] as const) };
  }

  private nodeLikelyBound(): Node {
    const { choices, witness } = this;
    const bound = nodes.filter(({ mobileNode }) => (witness.nodes.get(mobileNode)?.state.bindings.size ?? 0) > 0);
    return bound.length === 0 || oneIn(choices, 4) ? pick(choices, nodes) : pick(choices, bound);
  }

  private scopeLikelyOf(mobileNode: string): SmallScope {
    const { choices, witness } = this;
    const bound = scopes.filter(({ foreignAgent, careOfAddress }) => witness.isBound(mobileNode, `${foreignAgent}@${careOfAddress}`));
    return bound.length === 0 || oneIn(choices, 6) ? pick(choices, scopes) : pick(choices, bound);
  }

  private late(): number {
    return oneIn(this.choices, 6) ? this.choices.below(20) * 1000 : 0;
  }
}

/** A path, and its tear, are of one sender. */
function ofOneSender(flow: Flow, careOfAddress: string): { readonly flow: Flow; readonly style: Style } {
  const { senders, ...to } = flow;
  if (senders) return { flow: { ...to, ...senders[0]! }, style: 'FF' };
  const anySender = { correspondentNode: careOfAddress.includes(':') ? '2001:db8::7' : '192.0.2.7', sourcePort: 5000 };
  return { flow: flow.correspondentNode === undefined ? { ...flow, ...anySender } : flow, style: 'FF' };
}
