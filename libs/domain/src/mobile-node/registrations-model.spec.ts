import fc from 'fast-check';
import type { MobileNodeEvent } from '../events/events';
import { allBindings } from './bindings';
import { fingerprint } from '../proof/fingerprint.testing';
import { at } from '../proof/flow-table.testing';
import { handleMobileNode } from './mobile-node';
import type { MobileNodeAnswer, MobileNodeCommand } from '../commands/mobile-node-commands';
import { evolveMobileNode, initialMobileNode, type MobileNodeState } from './mobile-node-state';
import { NaiveRegistrations } from './naive-registrations.testing';
import { runs } from '../proof/property-runs.testing';
import { expectSame } from '../proof/scope-life.testing';

interface Step {
  /** Milliseconds: of a frame its own, which may be ahead of the wall's. */
  readonly clock: number;
  readonly command: MobileNodeCommand;
}

const home = fc.constantFrom('10.0.0.5', '10.0.0.5', '10.0.0.5', '10.0.0.6');
const careOf = fc.constantFrom(
  { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1' }, { foreignAgent: 'fa-1', careOfAddress: '198.51.100.2' }, { foreignAgent: 'fa-2', careOfAddress: '198.51.101.1' },
);
const homeAgent = fc.constantFrom('203.0.113.1', '203.0.113.2');
const lifetimeSeconds = fc.constantFrom(0, 5, 60, 300, 300, 65_535);
const replayProtection = fc.constantFrom('rising' as const, 'rising' as const, 'timestamps' as const, 'nonces' as const);
const maximumLifetimeSeconds = fc.constantFrom(65_535, 65_535, 100);
const nonce = fc.integer({ min: 1, max: 3 });

type Drawn = (now: number) => string | null;

/** Small numbers that rise, fall and repeat; times near the clock; halves that a reply gave, or did not. */
const identification: fc.Arbitrary<Drawn> = fc.oneof(
  fc.integer({ min: 1, max: 12 }).map((small) => () => String(small)),
  fc.tuple(nonce, fc.integer({ min: 1, max: 4 })).map(([n, half]) => () => String((BigInt(n) << 32n) | BigInt(half))),
  fc.constantFrom(-8, -7, 0, 1, 7, 8).map((off) => (now: number) => String((BigInt(at(now) / 1000 + off) + 2_208_988_800n) << 32n)),
  fc.constant(() => null),
);

const awaited = { type: 'ObserveRequest', pendingAtAgent: 0 } as const;

const terms = fc.record({
  to: careOf, home, homeAgent, lifetimeSeconds, flags: fc.constantFrom([], [], ['S']), isHome: fc.constantFrom(false, false, false, true), identification,
  policy: fc.record({ replayProtection, maximumLifetimeSeconds }), late: fc.constantFrom(0, 0, 0, 3, -20),
  careOfAddressValid: fc.constantFrom(true, true, true, false), asksHome: fc.constantFrom(false, false, false, true), nonce,
});

/** Whose binding a revocation ends: told, or not. */
const ofHome = fc.oneof(fc.constant({}), homeAgent.map((agent) => ({ homeAgent: agent })), fc.record({ homeAgent, homeAddress: home }));

const replyCode = fc.constantFrom(0, 0, 0, 1, 66, 133, 194);
/** Seconds since the observer saw the request; null: it did not. */
const sinceAsked = fc.constantFrom(null, 0, 0, 7, 8);

const command: fc.Arbitrary<(now: number) => MobileNodeCommand> = fc.oneof(
  { weight: 5, arbitrary: terms.map((t) => (now: number): MobileNodeCommand => {
    const { careOfAddressValid, nonce: drawn } = t;
    return { type: 'Register', ...requestOf(t, now), careOfAddressValid, nonce: drawn };
  }) },
  { weight: 5, arbitrary: terms.map((t) => (now: number): MobileNodeCommand => ({ ...requestOf(t, now), ...(t.asksHome && !t.isHome && { homeAddress: '0.0.0.0' }), ...seen(now - t.late), ...awaited })) },
  { weight: 5, arbitrary: fc.tuple(terms, replyCode, sinceAsked).map(([t, code, before]) => (now: number): MobileNodeCommand => {
    const { mobileNode, homeAddress, identification: known } = requestOf(t, now);
    const asked = (seconds: number) => (before === null ? {} : { requestedAt: at(seconds - before) });
    return { type: 'ObserveReply', mobileNode, homeAddress, homeAgent: t.homeAgent, identification: known ?? '1', code, lifetimeSeconds: t.lifetimeSeconds, ...seen(now - t.late), ...asked(now - t.late) };
  }) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(null, 'fa-1', '198.51.101.1'), ofHome).map(([foreignDomainAgent, of]) => (now: number): MobileNodeCommand =>
    ({ type: 'ObserveRevocation', mobileNode: 'mn-1', foreignDomainAgent, ...of, ...seen(now) })) },
  { weight: 1, arbitrary: fc.constant((): MobileNodeCommand => ({ type: 'Tick' })) },
);

function requestOf(t: typeof terms extends fc.Arbitrary<infer T> ? T : never, now: number) {
  const { foreignAgent, careOfAddress } = t.to;
  return {
    mobileNode: 'mn-1', homeAddress: t.home, homeAgent: t.homeAgent, foreignAgent, careOfAddress: t.isHome ? t.home : careOfAddress,
    lifetimeSeconds: t.isHome ? 0 : t.lifetimeSeconds, flags: t.flags, identification: t.identification(now), policy: { ...t.policy, handoff: 'none' as const },
  };
}

const seen = (seconds: number) => ({ observedAt: at(seconds), violations: [] });

const life: fc.Arbitrary<Step[]> = fc
  .array(fc.tuple(fc.constantFrom(0, 0, 1, 3, 7, 8, 60), command), { minLength: 5, maxLength: 30, size: 'max' })
  .map((drawn) => {
    let now = 0;
    return drawn.map(([wait, made]) => {
      const command = made((now += wait));
      return { clock: 'observedAt' in command ? command.observedAt : at(now), command };
    });
  });

interface Lived {
  readonly before: MobileNodeState;
  readonly state: MobileNodeState;
  readonly step: Step;
  readonly answer: MobileNodeAnswer;
  readonly events: readonly MobileNodeEvent[];
}

function live(steps: readonly Step[], look: (lived: Lived) => void): MobileNodeState {
  let state = initialMobileNode;
  for (const step of steps) {
    const before = state;
    const decided = handleMobileNode(before, step.command, step.clock);
    state = decided.state;
    look({ before, step, ...decided });
  }
  return state;
}

interface Bound {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
}

const bindingsOf = (bindings: Iterable<Bound>, until: (binding: never) => number): string =>
  [...bindings].map((binding) => `${binding.foreignAgent} ${binding.careOfAddress} ${binding.homeAddress}@${binding.homeAgent} ${until(binding as never)}`).sort().join();

/** Care-of address → until when its scope is told that the node visits, as the events tell it. */
function tellVisits(told: Map<string, number>, events: readonly MobileNodeEvent[]): void {
  const until = ({ expiresAt }: { readonly expiresAt: string | null }): number => (expiresAt === null ? Infinity : Date.parse(expiresAt));
  for (const event of events) {
    if (event.type === 'RegistrationAccepted' && event.grantedLifetimeSeconds > 0) told.set(event.careOfAddress, until(event.visitor ?? event));
    if (event.type === 'RegistrationEnded' && event.visitor) told.set(event.careOfAddress, until(event.visitor));
    if (event.type === 'RegistrationEnded' && !event.visitor) told.delete(event.careOfAddress);
  }
}

const outcomes: Partial<Record<MobileNodeEvent['type'], string>> = {
  RegistrationRequested: 'requested', RegistrationReplyUnmatched: 'unmatched', RegistrationEnded: 'ended', ObservedLate: 'late', RevocationUnmatched: 'unmatched',
};

/** What the last fact of the command itself says; what fell due before it is not its own. */
function toldBy({ answer, events, step }: Lived): string {
  const last = events.find(({ type }) => type === 'RegistrationAccepted') ?? events.at(-1);
  if (last?.type === 'RegistrationReplyUnmatched' && last.violations) return 'overtaken';
  if (last?.type === 'RegistrationAccepted') return `accepted ${last.grantedLifetimeSeconds}`;
  if (answer.outcome === 'refused') return `denied ${String(answer.rejection.facts['code'])}`;
  const isDue = last === undefined || (last.type === 'RegistrationDenied' && last.code === 78) || (last.type === 'RegistrationEnded' && last.cause === 'registration-expiry');
  return isDue || step.command.type === 'Tick' ? 'nothing' : outcomes[last.type]!;
}

describe('registrations against a naive model written from domain.md §4', () => {
  test('I16 identification rises, granted is at most what was asked, and every binding is what the model says', () => {
    fc.assert(fc.property(life, (steps) => {
      const model = new NaiveRegistrations();
      live(steps, (lived) => {
        const { step, state, events } = lived;
        expectSame(toldBy(lived), model.tell(step.command, step.clock));
        const expected = bindingsOf(model.bindings, ({ until }: { until: number }) => until);
        expectSame(bindingsOf(allBindings(state.bindings), ({ expiresAt }: { expiresAt: number | null }) => expiresAt ?? Infinity), expected);
        for (const event of events) if (event.type === 'RegistrationAccepted') expectSame(event.grantedLifetimeSeconds <= event.lifetimeSeconds!, true);
      });
    }), runs);
  });

  test('I15 a scope is told that a node visits it until the last of its bindings there ends', () => {
    fc.assert(fc.property(life, (steps) => {
      const model = new NaiveRegistrations();
      const told = new Map<string, number>();
      live(steps, ({ step, events }) => {
        model.tell(step.command, step.clock);
        tellVisits(told, events);
        const last = new Map<string, number>();
        for (const { careOfAddress, until } of model.bindings) last.set(careOfAddress, Math.max(until, last.get(careOfAddress) ?? 0));
        const text = (visits: ReadonlyMap<string, number>): string => [...visits].map(([address, until]) => `${address} ${until}`).sort().join();
        expectSame(text(told), text(last));
      });
    }), runs);
  });

  test('I17 denied or unknown replies, requests and what comes late change no binding', () => {
    const silent: ReadonlySet<MobileNodeEvent['type']> = new Set(['RegistrationDenied', 'RegistrationRequested', 'RegistrationReplyUnmatched', 'RevocationUnmatched', 'ObservedLate']);
    fc.assert(fc.property(life, (steps) => {
      live(steps, ({ before, state, events }) => {
        let replayed = before;
        for (const event of events) {
          const next = evolveMobileNode(replayed, event);
          if (silent.has(event.type)) expectSame(fingerprint(next.bindings), fingerprint(replayed.bindings));
          replayed = next;
        }
        expectSame(fingerprint(replayed), fingerprint(state));
      });
    }), runs);
  });

  test('I13 I14 the fold of the events, as text, equals the live state after each of them', () => {
    fc.assert(fc.property(life, (steps) => {
      let replayed = initialMobileNode;
      live(steps, ({ state, events }) => {
        for (const event of events) replayed = evolveMobileNode(replayed, JSON.parse(JSON.stringify(event)) as MobileNodeEvent);
        expectSame(fingerprint(replayed), fingerprint(state));
      });
    }), runs);
  });
});
