import type { MobileNodeEvent } from '../events/events';
import { allBindings } from './bindings';
import { evolveMobileNode, initialMobileNode } from './mobile-node-state';
import { handleMobileNode } from './mobile-node';
import type { MobileNodeAnswer, MobileNodeCommand, ObserveReply, ObserveRequest, Register, Revoke } from '../commands/mobile-node-commands';
import { fingerprint } from '../proof/fingerprint.testing';
import { at } from '../proof/flow-table.testing';

const fields = { mobileNode: 'mn-1', homeAgent: '203.0.113.1', homeAddress: '10.0.0.5', identification: null };
export const policy = { replayProtection: 'rising', maximumLifetimeSeconds: 65_535 } as const;
const request = { ...fields, foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', lifetimeSeconds: 300, flags: [], policy };

export const register = (terms: Partial<Register> = {}): Register => ({ type: 'Register', ...request, careOfAddressValid: true, nonce: 0, ...terms });
export const asked = (seconds: number, terms: Partial<ObserveRequest> = {}): ObserveRequest =>
  ({ type: 'ObserveRequest', ...request, identification: '100', pendingAtAgent: 0, observedAt: at(seconds), violations: [], ...terms });
export const revoke = (terms: Partial<Revoke> = {}): Revoke =>
  ({ type: 'Revoke', foreignAgent: null, careOfAddress: null, homeAgent: null, homeAddress: null, ...terms });
export const replied = (seconds: number, terms: Partial<ObserveReply> = {}): ObserveReply =>
  ({ type: 'ObserveReply', ...fields, identification: '100', code: 0, lifetimeSeconds: 300, observedAt: at(seconds), violations: [], ...terms });

/** One node and what it is told, a line a step; replaying its events must give the same state. */
export class NodeScenario {
  protected state = initialMobileNode;
  private replayed = initialMobileNode;
  protected events: readonly MobileNodeEvent[] = [];
  protected answer: MobileNodeAnswer = { outcome: 'done' };

  when(seconds: number, command: MobileNodeCommand): this {
    const { state, answer, events } = handleMobileNode(this.state, command, at(seconds));
    Object.assign(this, { state, answer, events });
    for (const event of events) this.replayed = evolveMobileNode(this.replayed, JSON.parse(JSON.stringify(event)) as MobileNodeEvent);
    expect(fingerprint(this.replayed)).toBe(fingerprint(state));
    return this;
  }

  thenDenied(code: number): this {
    expect(this.answer).toMatchObject({ outcome: 'refused', rejection: { rejection: 'registration-denied', facts: { code } } });
    expect(this.events.map(({ type }) => type)).toEqual(['RegistrationDenied']);
    return this;
  }

  thenEvents(...events: Readonly<Record<string, unknown>>[]): this {
    expect(this.events).toMatchObject(events);
    return this;
  }

  thenNoViolations(): this {
    expect(this.events.at(-1)).not.toHaveProperty('violations');
    return this;
  }

  thenWithout(field: string): this {
    for (const event of this.events) expect(event).not.toHaveProperty(field);
    return this;
  }

  thenAnswer(answer: object): this {
    expect(this.answer).toMatchObject(answer);
    return this;
  }

  /** Home agent and care-of address of each binding. */
  thenBindings(...bindings: string[]): this {
    expect(allBindings(this.state.bindings).map(({ homeAgent, careOfAddress }) => `${homeAgent} ${careOfAddress}`).sort()).toEqual(bindings);
    return this;
  }

  /** Care-of addresses. */
  thenBound(...addresses: string[]): this {
    expect([...this.state.bindings.keys()]).toEqual(addresses);
    return this;
  }
}

export const given = (): NodeScenario => new NodeScenario();
