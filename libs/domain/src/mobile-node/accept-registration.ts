/** What an accepted registration comes to, commanded or observed (domain.md §4, §6). */
import type { EventViolation, RegistrationAccepted, VisitorLeaveCause } from '../events/events';
import type { EndedBinding, MobileNodeAnswer, Register, RequestFields } from '../commands/mobile-node-commands';
import { allBindings, bindingOf, termsOfVisitor, visitorAt, visitorBeside, type Binding } from './bindings';
import { endBinding } from './end-bindings';
import type { MobileNodeDecision } from './mobile-node';
import { handoffOf, startByRegistration, type Granted, type RegistrationOrigin } from './mobile-node-handoff';
import type { MobileNodeState } from './mobile-node-state';
import { noHomeAddress } from './pending-requests';
import { replyCode } from '../refusals/reply-codes';
import { toTimestamp } from '../flow/soft-state';

/** RFC 5944 §3.3: 65535 is infinite. */
const infiniteLifetime = 65_535;
/** RFC 5944 §3.4: accepted, but as the only binding. */
const simultaneousUnsupported = 1;

interface Acceptance {
  /** Seconds: min(request, reply, the agent's maximum); 0 deregisters. */
  readonly granted: number;
  readonly code: number;
  /** Identification of the reply, where it is another than the request's. */
  readonly reply: string | undefined;
  readonly violations: readonly EventViolation[];
  /** Null: it starts no handoff. */
  readonly origin: RegistrationOrigin | null;
}

/** Who else is bound ends, or stays; and what moves begins to. */
export function accept(decision: MobileNodeDecision, request: RequestFields, requestedSeconds: number | null, acceptance: Acceptance): MobileNodeAnswer {
  const { granted, code, reply, violations, origin } = acceptance;
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification, flags } = request;
  const before = decision.state;
  const expiresAt = granted === 0 || granted === infiniteLifetime ? null : decision.now + granted * 1000;
  const visitor = granted > 0 && visitorBeside(before.bindings, { ...request, expiresAt });
  const event: RegistrationAccepted = {
    type: 'RegistrationAccepted', mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification,
    lifetimeSeconds: requestedSeconds, grantedLifetimeSeconds: granted, flags, code, codeName: replyCode(code).name,
    expiresAt: expiresAt === null ? null : toTimestamp(expiresAt),
    refresh: granted > 0 && bindingOf(before.bindings, request) !== undefined,
    occurredAt: decision.occurredAt,
    ...(reply !== undefined && { replyIdentification: reply }),
    ...(visitor && { visitor: termsOfVisitor(visitor) }),
    ...(violations.length > 0 && { violations }),
  };
  decision.emit(event);
  const { revision } = decision.state;
  const isSimultaneous = request.flags.includes('S') && code !== simultaneousUnsupported;
  const ending = bindingsEndedBy(before, request, { granted, isSimultaneous });
  const kind = origin === null ? null : handoffOf(before, request, { granted, isSimultaneous }, ending);
  const endsBy = (cause: VisitorLeaveCause): VisitorLeaveCause => (kind !== null && cause === 'superseded' ? 'handoff' : cause);
  const ended = ending.map(({ cause, ...binding }) => endBinding(decision, binding, { cause: endsBy(cause), identification }));
  const admitted = (granted > 0 && bindingOf(decision.state.bindings, request)) || null;
  const stands = admitted && visitorAt(decision.state.bindings, admitted);
  if (kind !== null && origin) startByRegistration(decision, kind, stands ?? ended[0]!, ended, origin);
  const { revision: lastRevision, handoff } = decision.state;
  return { outcome: 'registered', event, revision, lastRevision, admitted, visitor: stands, ended, handoff: kind === null ? null : handoff };
}

/**
 * Lifetime 0 ends the binding (all of them where the node is at home), and none of another home agent or home address: a home agent has
 * a list of bindings for each home address (RFC 5944 §1.6). A node is in one place: without the S bit, or where the home agent does
 * not do it, a registration ends those at other addresses, through whichever home agent they were made.
 */
function bindingsEndedBy(state: MobileNodeState, request: RequestFields, { granted, isSimultaneous }: Granted): EndedBinding[] {
  const { careOfAddress, homeAddress, homeAgent } = request;
  const all = allBindings(state.bindings);
  if (granted === 0) {
    const isHome = careOfAddress === homeAddress;
    const isOfList = (binding: Binding): boolean => binding.homeAgent === homeAgent && [binding.homeAddress, noHomeAddress].includes(homeAddress);
    const told = all.filter((binding) => isOfList(binding) && (isHome || binding.careOfAddress === careOfAddress));
    return told.map((binding) => ({ ...binding, cause: 'deregistration' }));
  }
  if (isSimultaneous) return [];
  return all.filter((binding) => binding.careOfAddress !== careOfAddress).map((binding) => ({ ...binding, cause: 'superseded' }));
}

export function originOf({ handoffId }: Pick<Register, 'handoffId'>, oldLegs: RegistrationOrigin['oldLegs']): RegistrationOrigin | null {
  return handoffId === undefined ? null : { handoffId, oldLegs };
}
