import { evolveMobileNode, initialMobileNode, type MobileNodeEvent, type MobileNodeState } from '#domain';
import { fingerprint } from '#domain/testing';
import { holds } from './broken-invariant';

/** What one node's stream says of its registrations, judged event by event. */
export class RegistrationWitness {
  state: MobileNodeState = initialMobileNode;
  private readonly accepted = new Map<string, bigint>();

  sees(event: MobileNodeEvent, origin: string): void {
    const before = this.state;
    this.state = evolveMobileNode(before, event);
    switch (event.type) {
      case 'RegistrationAccepted': {
        const { lifetimeSeconds, grantedLifetimeSeconds, homeAgent, identification } = event;
        holds('I16', lifetimeSeconds === null || grantedLifetimeSeconds <= lifetimeSeconds, () => `${grantedLifetimeSeconds} s granted of ${lifetimeSeconds}`);
        if (identification === null) return;
        const last = this.accepted.get(homeAgent);
        const rises = last === undefined || BigInt(identification) > last;
        holds('I16', rises || origin !== 'commanded', () => `the identification ${identification} was accepted after ${last}`);
        if (rises) this.accepted.set(homeAgent, BigInt(identification));
        return;
      }
      case 'RegistrationRequested':
      case 'RegistrationDenied':
      case 'RegistrationReplyUnmatched':
      case 'RevocationUnmatched':
      case 'RevocationAcknowledged':
      case 'ObservedLate':
        holds('I17', fingerprint(this.state.bindings) === fingerprint(before.bindings), () => `${event.type} changed a binding`);
        return;
      default:
    }
  }
}
