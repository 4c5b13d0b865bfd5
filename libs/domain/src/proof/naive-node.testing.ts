import type { MobileNodeCommand, ObserveReply, Register, RequestFields, StartHandoff } from '../commands/mobile-node-commands';

interface NaiveBinding {
  readonly careOfAddress: string;
  /** The home agent: its home address is the same everywhere. */
  readonly home: string;
  readonly until: number;
}

interface NaiveHandoff {
  readonly id: string;
  readonly kind: string;
  readonly byCommand: boolean;
  /** Care-of addresses, the last come first. */
  readonly from: readonly string[];
  /** Null: home. */
  readonly to: string | null;
  readonly oldLegs: string;
  readonly deadline: number;
  readonly mayLast: number;
  committed: boolean;
}

/** Where a node is bound and how far its handoff is, as domain.md §4 and §6 tell it. Its registrations themselves have a model of their own. */
export class NaiveNode {
  bindings: NaiveBinding[] = [];
  handoff: NaiveHandoff | null = null;
  /** How each of the handoffs before ended. */
  readonly ended: string[] = [];
  private asked: RequestFields | null = null;

  tell(command: MobileNodeCommand, now: number): void {
    const before = this.bindings;
    this.endWhatIsDue(before, now);
    const standing = this.bindings;
    this.decide(command, now);
    this.endWhatIsDue(standing, now);
  }

  private endWhatIsDue(before: readonly NaiveBinding[], now: number): void {
    this.bindings = this.bindings.filter(({ until }) => until > now);
    const { handoff } = this;
    if (!handoff?.byCommand || handoff.committed) return;
    const isThere = ({ careOfAddress }: NaiveBinding): boolean => careOfAddress === handoff.to;
    // It cannot outlive what it moves, nor its deadline.
    const hasNothingToMove = handoff.from.every((from) => this.bindings.every(({ careOfAddress }) => careOfAddress !== from));
    // The node was bound where it leads, and is no more.
    const isLeft = before.some(isThere) && !this.bindings.some(isThere);
    if (hasNothingToMove || isLeft || handoff.deadline <= now) this.end('rolled-back');
  }

  private end(how: 'completed' | 'superseded' | 'rolled-back'): void {
    this.ended.push(`${this.handoff!.id} ${how}`);
    this.handoff = null;
  }

  private decide(command: MobileNodeCommand, now: number): void {
    const isMine = 'handoffId' in command && this.handoff?.id === command.handoffId;
    switch (command.type) {
      case 'Register':
        return this.register(command, { granted: Math.min(command.lifetimeSeconds, command.policy.maximumLifetimeSeconds), oldLegs: 'release', id: command.handoffId! }, now);
      case 'ObserveRequest':
        this.asked = command;
        return;
      case 'ObserveReply':
        return this.replied(command, now);
      case 'Revoke':
        this.bindings = this.bindings.filter(({ careOfAddress, home }) => careOfAddress !== command.careOfAddress || ![null, home].includes(command.homeAgent));
        return;
      case 'LoseBinding':
        this.bindings = this.bindings.filter(({ careOfAddress }) => careOfAddress !== command.careOfAddress);
        return;
      case 'StartHandoff':
        return this.start(command, now);
      case 'CommitHandoff':
        if (isMine && !this.handoff!.committed) this.commit();
        return;
      case 'CompleteHandoff':
        if (isMine) this.end('completed');
        return;
      case 'RollBackHandoff':
        if (isMine && this.handoff!.byCommand && !this.handoff!.committed) this.end('rolled-back');
        return;
      default:
    }
  }

  private replied({ lifetimeSeconds, handoffId }: ObserveReply, now: number): void {
    const granted = Math.min(lifetimeSeconds, this.asked!.lifetimeSeconds, this.asked!.policy.maximumLifetimeSeconds);
    this.register(this.asked!, { granted, oldLegs: 'orphan', id: handoffId! }, now);
  }

  private register(
    { careOfAddress, homeAddress, homeAgent: home, policy, flags }: Pick<Register, 'careOfAddress' | 'homeAddress' | 'homeAgent' | 'policy' | 'flags'>,
    { granted, oldLegs, id }: { granted: number; oldLegs: string; id: string },
    now: number,
  ): void {
    const before = this.bindings;
    const isThere = (binding: NaiveBinding): boolean => binding.careOfAddress === careOfAddress;
    const isHome = granted === 0;
    // S: the others stay.
    const staysToo = flags.includes('S') && !isHome;
    // Home agents know nothing of each other: a deregistration ends what that one has, and a node is in one place all the same.
    const ends = (one: NaiveBinding): boolean => (isHome ? one.home === home && (careOfAddress === homeAddress || isThere(one)) : !isThere(one));
    const left = before.filter((one) => !staysToo && ends(one));
    const binding = { careOfAddress, home, until: granted === 65_535 ? Infinity : now + granted * 1000 };
    const renewed = before.filter((one) => !left.includes(one)).map((one) => (!isHome && isThere(one) && one.home === home ? binding : one));
    this.bindings = isHome || renewed.includes(binding) ? renewed : [...renewed, binding];
    const { handoff } = this;
    const staysInIt = handoff !== null && before.some(isThere) && this.concerns(handoff, careOfAddress);
    const starts = isHome ? left.length > 0 && left.length === before.length : left.length > 0 || (handoff !== null && !staysInIt);
    // Policy `none` begins nothing, but what is under way must come to stand somewhere.
    // The binding that the handoff led to ended meanwhile, and is there again.
    const beginsAnew = handoff?.to === careOfAddress && !before.some(isThere) && !(handoff.byCommand && !handoff.committed);
    if (!starts || (staysToo && !beginsAnew) || (policy.handoff === 'none' && !handoff)) return;
    const kind = isHome ? 'return-home' : policy.handoff === 'none' ? 'make-before-break' : policy.handoff!;
    const to = isHome ? null : careOfAddress;
    const all = [...(handoff?.to ? [handoff.to] : []), ...left.map((one) => one.careOfAddress), ...(handoff?.from ?? [])];
    if (handoff) this.end('superseded');
    const from = [...new Set(all)].filter((address) => address !== to);
    this.handoff = { id, kind, byCommand: false, from, to, oldLegs: isHome ? 'release' : oldLegs, deadline: Infinity, mayLast: Infinity, committed: isHome };
  }

  /** A refresh where it leads, or where the node is bound until a command's handoff is committed, begins no other. */
  private concerns({ to, byCommand, committed, from }: NaiveHandoff, careOfAddress: string): boolean {
    return to === careOfAddress || (byCommand && !committed && from.includes(careOfAddress));
  }

  private start(command: StartHandoff, now: number): void {
    const { handoffId: id, careOfAddress: to, kind, oldLegs, deadlineMs, maximumLifetimeSeconds } = command;
    const from = [...new Set(this.bindings.map(({ careOfAddress }) => careOfAddress))].filter((address) => address !== to);
    if (this.handoff || from.length === 0) return;
    const mayLast = maximumLifetimeSeconds === 65_535 ? Infinity : now + maximumLifetimeSeconds * 1000;
    // What came to the new scope does not outlive the binding that the scope knows.
    const standing = this.bindings.filter(({ careOfAddress }) => careOfAddress === to);
    const last = Math.max(...(standing.length > 0 ? standing : this.bindings).map(({ until }) => until));
    const there = standing.length > 0 ? last : Math.min(mayLast, last);
    this.handoff = { id, kind, byCommand: true, from, to, oldLegs, deadline: Math.min(now + deadlineMs, there), mayLast, committed: false };
  }

  /** Where a command started it, the binding moves with what is left of its lifetime. */
  private commit(): void {
    const handoff = this.handoff!;
    handoff.committed = true;
    if (!handoff.byCommand) return;
    const left = this.bindings.filter(({ careOfAddress }) => handoff.from.includes(careOfAddress));
    this.bindings = this.bindings.filter((binding) => !left.includes(binding));
    for (const home of new Set(left.map((binding) => binding.home))) {
      if (this.bindings.some((binding) => binding.careOfAddress === handoff.to && binding.home === home)) continue;
      const longest = Math.max(...left.filter((binding) => binding.home === home).map(({ until }) => until));
      this.bindings.push({ careOfAddress: handoff.to!, home, until: Math.min(handoff.mayLast, longest) });
    }
  }
}
