import type { FrameTime, LedgerEvent, RegistrationAccepted } from '#domain';
import type { EventMetadata } from './metadata';

/**
 * What of a stream was commanded, so that its deadlines are the clock's, whatever captures show beside it. A stream in which nothing commanded
 * stands has its frames for a clock, once something was observed in it.
 */
export class CommandedParts {
  /** Names of sessions, visitors, bindings and handoffs; some are over. */
  private readonly names = new Set<string>();
  private wasObserved = false;

  /** @param stands whether what has this name is not over */
  constructor(private readonly stands: (name: string) => boolean) {}

  note(event: LedgerEvent, origin: EventMetadata['origin']): void {
    if (origin === 'observed') this.wasObserved = true;
    for (const name of renewedBy(event)) this.names.delete(name);
    if (origin !== 'observed') for (const name of madeBy(event, origin)) this.names.add(name);
  }

  includesVisitor(mobileNode: string): boolean {
    return this.names.has(visitorName(mobileNode));
  }

  /** Forgets what is over: each name is looked at once, and the first that stands. */
  forget(): void {
    for (const name of this.names) {
      if (this.stands(name)) return;
      this.names.delete(name);
    }
  }

  /** Whether the clock of the stream is its frames. */
  get areObserved(): boolean {
    return this.wasObserved && !this.anyStands();
  }

  /**
   * What a frame's time counts as: where something commanded stands, one that is ahead of the clock would end that early.
   * @param own the stream's own time; all in milliseconds
   */
  timeOfFrame(frameAt: number, clock: number, own = clock): FrameTime {
    return this.anyStands() ? { at: Math.min(frameAt, clock), ahead: Math.max(0, own - clock) } : { at: frameAt, ahead: 0 };
  }

  private anyStands(): boolean {
    for (const name of this.names) if (this.stands(name)) return true;
    return false;
  }

  /** Null: nothing was ever observed, so that all that stands is commanded. */
  snapshot(): readonly string[] | null {
    return this.wasObserved ? [...this.names] : null;
  }

  restore(names: readonly string[] | null, all: Iterable<string>): void {
    this.wasObserved = names !== null;
    for (const name of names ?? all) this.names.add(name);
  }
}

const visitor = 'visitor ';

export function visitorName(mobileNode: string): string {
  return visitor + mobileNode;
}

/** Null: it is no visitor's name. */
export function nodeOfVisitor(name: string): string | null {
  return name.startsWith(visitor) ? name.slice(visitor.length) : null;
}

/** Its home is of the name, since several may be bound at one care-of address; where a handoff leads to, the address alone is known. */
export function bindingName({ careOfAddress, homeAgent, homeAddress }: Pick<RegistrationAccepted, 'careOfAddress' | 'homeAgent' | 'homeAddress'>): string {
  return `${careOfAddress} ${homeAddress}@${homeAgent}`;
}

/** A session is known by its id, in a scope and in its quarantine; a binding by its home and care-of address; a handoff by its id. */
function madeBy(event: LedgerEvent, origin: EventMetadata['origin']): readonly string[] {
  switch (event.type) {
    case 'VisitorAdmitted':
      return [visitorName(event.mobileNode)];
    case 'QosSessionConfigured':
    case 'LegRefused':
      return [event.sessionId];
    case 'QosSessionModified':
      // Whoever commands a change of what was seen has it from then on; a process only goes on with it.
      return origin === 'commanded' ? [event.sessionId] : [];
    case 'RegistrationAccepted':
      return [bindingName(event)];
    case 'HandoffStarted':
      return event.to === null ? [event.handoffId] : [event.handoffId, event.to.careOfAddress];
    default:
      return [];
  }
}

/** What is made anew, by whoever makes it now. */
function renewedBy(event: LedgerEvent): readonly string[] {
  if (event.type === 'VisitorAdmitted' || event.type === 'VisitorLeft') return [visitorName(event.mobileNode)];
  return event.type === 'RegistrationAccepted' ? [event.careOfAddress, bindingName(event)] : event.type === 'RegistrationEnded' ? [event.careOfAddress] : [];
}
