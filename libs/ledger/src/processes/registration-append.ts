import type { RegistrationEnded } from '#domain';
import type { EventStore, RecordedEvent } from '#event-store';
import { commandIdOf, readEvent } from '../mailbox/read-event';

/** Events of one registration: it, and the end of each binding that it replaces. */
const maximumOfAppend = 32n;

/** An event of a node's stream among those that were appended with it. */
export class RegistrationAppend {
  private constructor(
    readonly events: readonly RecordedEvent[],
    private readonly own: RecordedEvent,
  ) {}

  static async around(store: EventStore, own: RecordedEvent): Promise<RegistrationAppend> {
    const { stream, revision } = own;
    const nearby = { from: revision > maximumOfAppend ? revision - maximumOfAppend : 0n, limit: Number(2n * maximumOfAppend) };
    const commandId = commandIdOf(own);
    const events: RecordedEvent[] = [];
    for await (const recorded of store.readStream(stream, nearby)) if (commandIdOf(recorded) === commandId) events.push(recorded);
    return new RegistrationAppend(events, own);
  }

  private get behind(): readonly RecordedEvent[] {
    return this.events.filter(({ revision }) => revision > this.own.revision);
  }

  /** A binding that a handoff of the same append moves is that one's to tell, also after a crash. */
  get isOfHandoff(): boolean {
    return this.behind.some(({ type }) => type === 'HandoffStarted' || type === 'HandoffCommitted');
  }

  /** The revision by which its scopes were told, if they were: that of the registration before it. */
  get toldBy(): bigint {
    const accepted = this.events.find(({ type, revision }) => type === 'RegistrationAccepted' && revision < this.own.revision);
    return accepted?.revision ?? this.own.revision;
  }

  /** Of several bindings that end at one address the last one tells what is left there. */
  endsLaterAt({ foreignAgent, careOfAddress }: RegistrationEnded): boolean {
    return this.behind.some((recorded) => {
      if (recorded.type !== 'RegistrationEnded') return false;
      const event = readEvent(recorded).event as RegistrationEnded;
      return event.foreignAgent === foreignAgent && event.careOfAddress === careOfAddress;
    });
  }
}
