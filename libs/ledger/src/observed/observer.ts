import type { RsvpMessage } from '#signalling';
import type { Handoffs } from '../handoff/handoffs';
import type { KnownAgents } from '../processes/known-agents';
import type { LeftLegs } from '../processes/left-legs';
import type { Registrations } from '../processes/registrations';
import type { Scopes } from '../processes/scopes';
import type { BindingDirectory } from './binding-directory';
import { MobileIpObserver } from './mobile-ip-observer';
import type { ObservationRun } from './observation-run';
import { RsvpObserver } from './rsvp-observer';
import type { Sighted } from './sighted';

/** More are waited for before the next message is told. */
const maximumUnderWay = 2_048;

/** Whom an observer tells and asks. */
export interface ObserverParts {
  readonly registrations: Registrations;
  readonly handoffs: Handoffs;
  readonly agents: KnownAgents;
  readonly bindings: BindingDirectory;
  readonly scopes: Scopes;
  readonly leftLegs: LeftLegs;
}

/**
 * Tells the streams what a capture showed, in the order of its frames. Messages queue in the mailboxes of their streams and are not waited
 * for. What comes behind a registration in a scope waits in its lane until the scope's mailbox has what the registration came to; and
 * where a registration may move a node, the messages to that node's home address wait to know where it is. A handoff holds the lanes of
 * its node and scopes until it is over: the log is the same however the capture is read.
 */
export class Observer {
  private readonly mobileIp: MobileIpObserver;
  private readonly rsvp: RsvpObserver;

  constructor(
    private readonly run: ObservationRun,
    { registrations, handoffs, agents, bindings, scopes, leftLegs }: ObserverParts,
  ) {
    this.mobileIp = new MobileIpObserver(run, registrations, handoffs, agents, bindings, scopes);
    this.rsvp = new RsvpObserver(run, agents, bindings, leftLegs);
  }

  async observe(sighted: Sighted): Promise<void> {
    const { message } = sighted.decoded;
    if ('messageType' in message) await this.rsvp.observe(sighted, message satisfies RsvpMessage);
    else await this.mobileIp.observe(sighted, message);
    if (this.run.lanes.size >= maximumUnderWay) await this.run.settle();
  }
}
