/**
 * Where a node is bound. A binding is of a home address and its home agent (RFC 5944 §1.6), so several of them may stand at one care-of address;
 * the visitor that their scope knows is one all the same, for as long as the longest of them (docs/adr/0031).
 */
import type { RegistrationAccepted, RegistrationEnded, VisitorTerms } from '../events/mobile-node-events';
import { toTimestamp } from '../flow/soft-state';

export interface Binding {
  readonly mobileNode: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
  /** Milliseconds; null: infinite. */
  readonly expiresAt: number | null;
}

export interface StandingBinding extends Binding {
  /** Of the event that accepted or renewed it; where a command moved it, of HandoffStarted, by which its scope knows the visitor. */
  readonly revision: bigint;
}

/** Of the bindings at one care-of address the one that lasts longest, of several the last accepted. */
export interface Place extends StandingBinding {
  /** The others, in the order of their acceptance; absent: it stands alone. */
  readonly beside?: readonly StandingBinding[];
}

/** By care-of address. */
export type Bindings = ReadonlyMap<string, Place>;

type Scope = Pick<Binding, 'foreignAgent' | 'careOfAddress'>;
type Named = Pick<Binding, 'careOfAddress' | 'homeAgent' | 'homeAddress'>;

/** The one that lasts longest comes last. */
export function bindingsAt(place: Place | undefined): readonly StandingBinding[] {
  if (!place?.beside) return place ? [place] : [];
  const { beside, ...longest } = place;
  return [...beside, longest];
}

/** Place by place. */
export function allBindings(bindings: Bindings): readonly StandingBinding[] {
  return [...bindings.values()].flatMap(bindingsAt);
}

export function bindingOf(bindings: Bindings, named: Named): StandingBinding | undefined {
  return bindingsAt(bindings.get(named.careOfAddress)).find((binding) => isOfHome(binding, named));
}

function isOfHome(a: Pick<Binding, 'homeAgent' | 'homeAddress'>, b: Pick<Binding, 'homeAgent' | 'homeAddress'>): boolean {
  return a.homeAgent === b.homeAgent && a.homeAddress === b.homeAddress;
}

/** Of those at one care-of address; of several that last as long the last. */
export function longestOf<T extends Pick<Binding, 'expiresAt'>>(bindings: readonly T[]): T | undefined {
  return bindings.reduce<T | undefined>((longest, one) => (longest && until(longest) > until(one) ? longest : one), undefined);
}

function until({ expiresAt }: Pick<Binding, 'expiresAt'>): number {
  return expiresAt ?? Infinity;
}

/**
 * Accepted, or renewed. Old events knew one binding at a care-of address: what they call a refresh of a binding that does not stand took the
 * place of the one that did.
 */
export function withBinding(bindings: Bindings, binding: StandingBinding, { refresh }: Pick<RegistrationAccepted, 'refresh'>): Bindings {
  const { careOfAddress } = binding;
  const takesPlace = refresh && !bindingOf(bindings, binding);
  const others = takesPlace ? [] : bindingsAt(bindings.get(careOfAddress)).filter((one) => !isOfHome(one, binding));
  return withPlace(bindings, careOfAddress, [...others, binding]);
}

/** Old events do not tell which: whatever stood there. */
export function withoutBinding(bindings: Bindings, { careOfAddress, homeAgent, homeAddress }: Pick<RegistrationEnded, 'careOfAddress' | 'homeAgent' | 'homeAddress'>): Bindings {
  const isMeant = (one: Binding): boolean => homeAgent === undefined || homeAddress === undefined || isOfHome(one, { homeAgent, homeAddress });
  return withPlace(bindings, careOfAddress, bindingsAt(bindings.get(careOfAddress)).filter((one) => !isMeant(one)));
}

function withPlace(bindings: Bindings, careOfAddress: string, standing: readonly StandingBinding[]): Bindings {
  const changed = new Map(bindings);
  const longest = longestOf(standing);
  if (!longest) changed.delete(careOfAddress);
  else if (standing.length === 1) changed.set(careOfAddress, longest);
  else changed.set(careOfAddress, { ...longest, beside: standing.filter((one) => one !== longest) });
  return changed;
}

/** As which the scope of the agent's address knows the node: by the binding there that lasts longest; null: it has none there. */
export function visitorAt(bindings: Bindings, { foreignAgent, careOfAddress }: Scope): StandingBinding | null {
  return longestOf(bindingsAt(bindings.get(careOfAddress)).filter((binding) => binding.foreignAgent === foreignAgent)) ?? null;
}

/** Of the bindings beside an accepted one at its care-of address that which lasts longer: its scope knows the visitor by that one; null: none does. */
export function visitorBeside(bindings: Bindings, accepted: Omit<Binding, 'mobileNode'>): StandingBinding | null {
  const { expiresAt, ...scope } = accepted;
  const beside = bindingsAt(bindings.get(scope.careOfAddress)).filter((one) => one.foreignAgent === scope.foreignAgent && !isOfHome(one, scope));
  const longest = longestOf(beside);
  return longest && until(longest) > until({ expiresAt }) ? longest : null;
}

export function termsOfVisitor({ homeAgent, homeAddress, expiresAt }: Binding): VisitorTerms {
  return { homeAgent, homeAddress, expiresAt: expiresAt === null ? null : toTimestamp(expiresAt) };
}
