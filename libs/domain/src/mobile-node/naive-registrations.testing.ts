import type { MobileNodeCommand, ObserveReply, ObserveRequest, Register, RequestFields } from '../commands/mobile-node-commands';

interface NaiveBinding {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
  readonly until: number;
}

interface NaiveRequest {
  readonly request: RequestFields;
  readonly low: bigint;
  readonly until: number;
  /** How many were accepted before it was seen. */
  readonly acceptedBefore: number;
}

/** A denial that was told. */
interface NaiveDenial {
  readonly text: string;
  readonly code: number;
  /** Null: it was commanded. */
  readonly asked: NaiveRequest | null;
  /** Of the reply, where it was not the request's. */
  readonly reply: string | undefined;
}

/** The very request, in every field. */
const textOf = ({ foreignAgent, careOfAddress, homeAgent, homeAddress, identification, lifetimeSeconds, flags }: RequestFields): string =>
  JSON.stringify([foreignAgent, careOfAddress, homeAgent, homeAddress, identification, lifetimeSeconds, [...flags].sort()]);

const low = (identification: string): bigint => BigInt(identification) % 2n ** 32n;
const high = (identification: string): bigint => BigInt(identification) / 2n ** 32n;
/** RFC 5944 §5.7.1: seconds since 1900 stand in the high half. */
const clockOf = (identification: string): number => Number(high(identification)) * 1000 - 2_208_988_800_000 + Number((low(identification) * 1000n) / 2n ** 32n);

const zeros = '0.0.0.0';

type Asked = Pick<RequestFields, 'homeAgent' | 'homeAddress' | 'identification' | 'careOfAddress'>;

/** Everything that tells one request from another is the same. */
const isSameRequest = (a: Asked, b: Asked): boolean => isSameButHome(a, b) && a.homeAddress === b.homeAddress;

const isSameButHome = (a: Asked, b: Asked): boolean =>
  a.homeAgent === b.homeAgent && a.identification === b.identification && a.careOfAddress === b.careOfAddress;

/**
 * The registrations of a node as domain.md §4 and RFC 5944 tell them: lists that are searched from end to end, and nothing of the code
 * but the shape of a command. What it answers is what is told of a registration, or nothing.
 */
export class NaiveRegistrations {
  bindings: NaiveBinding[] = [];
  private waiting: NaiveRequest[] = [];
  /** Every identification that a home agent accepted, and every nonce that it gave, in order. */
  private readonly accepted: (Asked & { readonly identification: string })[] = [];
  private readonly nonces: { readonly homeAgent: string; readonly nonce: bigint }[] = [];
  /** The last eight since something was accepted: who asks the same again and is denied for the same is told so, and that is no fact. */
  private denied: NaiveDenial[] = [];
  private lastFact = -Infinity;

  tell(command: MobileNodeCommand, clock: number): string {
    const now = Math.max(clock, this.lastFact);
    this.endWhatIsDue(now);
    if ('observedAt' in command && command.observedAt < this.lastFact) return this.fact(now, 'late');
    switch (command.type) {
      case 'Register':
        return this.register(command, now, clock);
      case 'ObserveRequest':
        return this.request(command, now);
      case 'ObserveReply':
        return this.reply(command, now);
      case 'ObserveRevocation': {
        const { foreignDomainAgent: agent, homeAgent = null, homeAddress = null } = command;
        const isAt = ({ foreignAgent, careOfAddress }: NaiveBinding): boolean => agent === null || foreignAgent === agent || careOfAddress === agent;
        const isOf = (binding: NaiveBinding): boolean => [null, binding.homeAgent].includes(homeAgent) && [null, binding.homeAddress].includes(homeAddress);
        return this.end(now, (binding) => isAt(binding) && isOf(binding));
      }
      default:
        return 'nothing';
    }
  }

  private endWhatIsDue(now: number): void {
    for (;;) {
      const due = [
        ...this.bindings.map((ended) => ({ at: ended.until, fact: ended.until, end: () => (this.bindings = this.bindings.filter((b) => b !== ended)) })),
        // A reply at the very deadline is in time.
        ...this.waiting.map((late) => ({ at: late.until + 1, fact: late.until, end: () => this.deny(late.request, 78, late) })),
      ].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
      if (due.length === 0) return;
      due[0]!.end();
      this.fact(due[0]!.fact, '');
    }
  }

  private register(command: Register, now: number, clock: number): string {
    const { identification, homeAgent, policy } = command;
    // Its own clock, whatever others showed.
    const isProtected = this.isProtected(command, clock);
    const code = command.careOfAddressValid ? 133 : 77;
    const known = this.denied.find(({ text }) => text === textOf(command));
    const given = this.nonces.findLast((nonce) => nonce.homeAgent === homeAgent)?.nonce;
    const isOfUse = policy.replayProtection !== 'nonces' || known?.reply === undefined || high(known.reply) === given;
    if ((code === 77 || !isProtected) && known?.code === code && isOfUse) return `denied ${code}`;
    const isAnswered = ({ request }: NaiveRequest): boolean => identification !== null && isSameRequest(request, command);
    // Who asked for a home address has this one.
    const isGiven = ({ request }: NaiveRequest): boolean => identification !== null && isSameButHome(request, command) && request.homeAddress === zeros;
    const waiting = this.waiting.find(isAnswered) ?? this.waiting.find(isGiven) ?? null;
    this.waiting = this.waiting.filter((request) => request !== waiting);
    if (code === 77) return this.deny(command, 77, waiting, undefined, now);
    // Whatever comes from the home agent gives a new one.
    if (policy.replayProtection === 'nonces') this.giveNonce(command);
    if (!isProtected) {
      // The home agent's time is told in the place of a nonce.
      if (policy.replayProtection === 'timestamps') this.nonces.push({ homeAgent, nonce: BigInt(Math.floor(clock / 1000) + 2_208_988_800) });
      const nonce = policy.replayProtection === 'rising' ? undefined : this.nonces.findLast((one) => one.homeAgent === homeAgent)!.nonce;
      return this.deny(command, 133, waiting, nonce === undefined ? undefined : String(nonce * 2n ** 32n), now);
    }
    const { homeAddress, careOfAddress } = command;
    if (identification !== null) this.accepted.push({ homeAgent, homeAddress, identification, careOfAddress });
    return this.accept(command, Math.min(command.lifetimeSeconds, policy.maximumLifetimeSeconds), now);
  }

  private deny(request: RequestFields, code: number, asked: NaiveRequest | null, reply?: string, now?: number): string {
    this.waiting = this.waiting.filter((one) => one !== asked);
    const text = textOf(request);
    const before = this.denied.find((denial) => denial.text === text);
    this.denied = [...this.denied.filter((denial) => denial !== before), { text, code, asked: asked ?? before?.asked ?? null, reply }].slice(-8);
    return now === undefined ? '' : this.fact(now, `denied ${code}`);
  }

  /** A new one in every reply. */
  private giveNonce({ homeAgent, nonce }: Register): void {
    const last = this.nonces.findLast((given) => given.homeAgent === homeAgent)?.nonce;
    this.nonces.push({ homeAgent, nonce: BigInt(nonce) === last ? (last + 1n) % 2n ** 32n : BigInt(nonce) });
  }

  private isProtected({ identification, homeAgent, policy }: Register, now: number): boolean {
    if (identification === null) return policy.replayProtection === 'rising';
    const accepted = this.accepted.filter((a) => a.homeAgent === homeAgent).map((a) => BigInt(a.identification));
    if (policy.replayProtection === 'nonces') {
      const given = this.nonces.findLast((nonce) => nonce.homeAgent === homeAgent);
      return (given === undefined || high(identification) === given.nonce) && accepted.at(-1) !== BigInt(identification);
    }
    const rises = accepted.every((earlier) => earlier < BigInt(identification));
    return rises && (policy.replayProtection === 'rising' || Math.abs(clockOf(identification) - now) <= 7_000);
  }

  private accept({ careOfAddress, foreignAgent, homeAddress, homeAgent, flags }: RequestFields, granted: number, now: number, code = 0): string {
    // A binding is of a home address at its home agent; a node has one for each, wherever it is.
    const isOfHome = (binding: NaiveBinding): boolean => binding.homeAgent === homeAgent && binding.homeAddress === homeAddress;
    const isHere = (binding: NaiveBinding): boolean => binding.careOfAddress === careOfAddress;
    if (granted === 0) {
      const isHome = careOfAddress === homeAddress;
      this.bindings = this.bindings.filter((binding) => !(isOfHome(binding) && (isHome || isHere(binding))));
    } else {
      // S: it is in several places at once.
      const staysElsewhere = flags.includes('S') && code === 0;
      const others = this.bindings.filter((binding) => (isHere(binding) ? !isOfHome(binding) : staysElsewhere));
      this.bindings = [...others, { foreignAgent, careOfAddress, homeAgent, homeAddress, until: granted === 65_535 ? Infinity : now + granted * 1000 }];
    }
    this.denied = [];
    return this.fact(now, `accepted ${granted}`);
  }

  private request(command: ObserveRequest, now: number): string {
    const { identification, homeAgent } = command;
    if (identification !== null) {
      const last = this.accepted.findLast((a) => a.homeAgent === homeAgent);
      if (last && isSameButHome(last, command) && [last.homeAddress, zeros].includes(command.homeAddress)) return 'nothing';
      if (this.waiting.some(({ request }) => isSameRequest(request, command))) return 'nothing';
      if (this.denied.some(({ text, asked }) => asked && text === textOf(command))) return 'nothing';
      this.waiting.push({ request: command, low: low(identification), until: now + 7_000, acceptedBefore: this.accepted.length });
    }
    return this.fact(now, 'requested');
  }

  private reply(command: ObserveReply, now: number): string {
    const { identification, code, lifetimeSeconds, homeAgent, homeAddress, requestedAt = -Infinity, observedAt } = command;
    const isIt = (waiting: NaiveRequest): boolean =>
      waiting.low === low(identification) && [homeAddress, zeros].includes(waiting.request.homeAddress) && waiting.request.homeAgent === homeAgent;
    const of = (requests: readonly NaiveRequest[]): NaiveRequest | undefined => {
      const candidates = requests.filter(isIt);
      const told = candidates.filter(({ request }) => request.homeAddress === homeAddress);
      const isExact = ({ request }: NaiveRequest): boolean => request.identification === identification;
      return told.find(isExact) ?? candidates.find(isExact) ?? told.at(-1) ?? candidates.at(-1);
    };
    const isInTime = observedAt - requestedAt <= 7_000;
    const again = of(this.waiting) || !isInTime ? undefined : of(this.denied.flatMap(({ asked }) => asked ?? []));
    const answered = of(this.waiting) ?? again;
    if (!answered) return this.fact(now, 'unmatched');
    const { request } = answered;
    const given = identification === request.identification ? undefined : identification;
    if (again && this.denied.some((denial) => denial.asked === again && denial.code === code && denial.reply === given)) return `denied ${code}`;
    this.waiting = this.waiting.filter((one) => one !== answered);
    if (code <= 1 && this.isOvertaken(answered, homeAddress)) return this.fact(now, 'overtaken');
    if (identification !== request.identification) this.nonces.push({ homeAgent: request.homeAgent, nonce: high(identification) });
    if (code > 1) return this.deny(request, code, answered, given, now);
    const { careOfAddress } = request;
    this.accepted.push({ homeAgent: request.homeAgent, homeAddress, identification: request.identification!, careOfAddress });
    return this.accept({ ...request, homeAddress }, Math.min(lifetimeSeconds, request.lifetimeSeconds, request.policy.maximumLifetimeSeconds), now, code);
  }

  /** By a higher one of this home address that the home agent accepted meanwhile: what it told then stands. */
  private isOvertaken({ request, acceptedBefore }: NaiveRequest, given: string): boolean {
    if (request.policy.replayProtection === 'nonces') return false;
    const since = this.accepted.slice(acceptedBefore).filter(({ homeAgent, homeAddress }) => homeAgent === request.homeAgent && homeAddress === given);
    return since.some(({ identification }) => BigInt(identification) > BigInt(request.identification!));
  }

  private end(now: number, ends: (binding: NaiveBinding) => boolean): string {
    const ended = this.bindings.filter(ends);
    this.bindings = this.bindings.filter((binding) => !ends(binding));
    return this.fact(now, ended.length === 0 ? 'unmatched' : 'ended');
  }

  private fact(at: number, told: string): string {
    this.lastFact = Math.max(this.lastFact, at);
    return told;
  }
}
