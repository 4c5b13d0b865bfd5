import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { UnreadableEvent, type Binding, type LedgerEvent, type RegistrationAccepted, type RegistrationEnded, type VisitorTerms } from '#domain';
import type { EventStore, RecordedEvent } from '#event-store';
import type { AddressClosings } from './address-closings';
import { endColocated } from './colocated-nodes';
import type { CommandIdentity } from '../idempotency/command-identity';
import { beginningOf } from '../handoff/beginning-of';
import type { Handoffs } from '../handoff/handoffs';
import { leavesLegs, type LeftLegs } from './left-legs';
import type { Mailboxes } from '../mailbox/mailboxes';
import { RegistrationAppend } from './registration-append';
import type { Registrations } from './registrations';
import type { Scopes } from './scopes';
import { SetAside } from './set-aside';
import { readEvent } from '../mailbox/read-event';
import type { Scope } from './session-directory';
import { streamSubject } from '../mailbox/stream-names';

const processName = 'registrations';
/** Older events only: what is younger, its own handler is about to tell. */
const lagMs = 2_000;
const pollMs = 1_000;
const pageSize = 1_000;
const types = [
  'RegistrationAccepted', 'RegistrationEnded', 'HandoffRolledBack', 'ForeignAgentProvisioned', 'ForeignAgentLearned', 'ForeignAgentRemoved',
  'AgentRebootReported', 'CareOfAddressesClosed', 'CareOfAddressesReopened', 'QosSessionReleased', 'DegradedLegEnded',
];
/** Serialises the process over all servers; 'regist' as a number. */
const lock = 126_004_916_483_956n;

/**
 * Repeats the second append of registrations, provisioning and ends of sessions, which a crash between the two may have left out, and undoes a removal that a
 * crash left undecided. It follows the ledger behind the handlers; what a scope was told before is a no-op there. An event that cannot be
 * told, because it or what it is told to cannot be read, is left out: its stream is told again from there on at the next start.
 */
export class RegistrationProcess {
  private readonly stopped = new AbortController();
  private running: Promise<void> | null = null;
  private onUnreadable: (error: UnreadableEvent) => void = () => undefined;
  private readonly setAside = new SetAside(processName);

  constructor(
    private readonly pool: pg.Pool,
    private readonly store: EventStore,
    private readonly mailboxes: Mailboxes,
    private readonly registrations: Registrations,
    private readonly scopes: Scopes,
    private readonly handoffs: Handoffs,
    private readonly closings: AddressClosings,
    private readonly leftLegs: LeftLegs,
  ) {}

  /** @param onUnreadable told once of each stream that is set aside */
  start(onError: (error: unknown) => void, onUnreadable: (error: UnreadableEvent) => void = () => undefined): void {
    this.onUnreadable = onUnreadable;
    this.running ??= this.run(onError);
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  /** Everything that is in the ledger now, without regard to its age. */
  async catchUp(): Promise<void> {
    while ((await this.step(Number.POSITIVE_INFINITY)) > 0);
  }

  /** What the append of a registration, which the given revision is a part of, has to tell. A scope that knows it stays as it is. */
  async retell(stream: string, revision: bigint): Promise<void> {
    for await (const own of this.store.readStream(stream, { from: revision, limit: 1 })) {
      for (const recorded of (await RegistrationAppend.around(this.store, own)).events) await this.repeat(recorded);
    }
  }

  private async run(onError: (error: unknown) => void): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        while ((await this.step(Date.now() - lagMs)) === pageSize);
      } catch (error) {
        if (!this.stopped.signal.aborted) onError(error);
      }
      await delay(pollMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  /** @returns how many events it passed */
  private async step(before: number): Promise<number> {
    const client = await this.pool.connect();
    try {
      const { rows: [held] } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [String(lock)]);
      if (!held?.locked) return 0;
      try {
        return await this.repeatFrom(client, before);
      } finally {
        await client.query('select pg_advisory_unlock($1)', [String(lock)]);
      }
    } finally {
      client.release();
    }
  }

  private async repeatFrom(client: pg.PoolClient, before: number): Promise<number> {
    const { rows } = await client.query<{ position: string }>('select position::text from ledger.process_checkpoints where process = $1', [processName]);
    const after = BigInt(rows[0]?.position ?? '0');
    await this.setAside.load(client, (stream, from) => this.repeatSetAside(client, stream, from, after));
    let position = after;
    let passed = 0;
    for await (const recorded of this.store.readAll({ after, types, limit: pageSize })) {
      if (Date.parse(recorded.recordedAt) > before) break;
      await this.repeatOrSetAside(client, recorded);
      position = recorded.position;
      passed++;
    }
    if (position === after) return 0;
    await client.query(
      `insert into ledger.process_checkpoints values ($1, $2) on conflict (process) do update set position = excluded.position`,
      [processName, String(position)],
    );
    return passed;
  }

  /** @returns whether it could be read */
  private async repeatOrSetAside(client: pg.PoolClient, recorded: RecordedEvent): Promise<boolean> {
    try {
      await this.repeat(recorded);
      return true;
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      if (await this.setAside.add(client, recorded)) this.onUnreadable(error);
      return false;
    }
  }

  /** What was left of a stream, up to where the process is: after the fix. @returns whether all of it could be read */
  private async repeatSetAside(client: pg.PoolClient, stream: string, from: bigint, until: bigint): Promise<boolean> {
    let isWhole = true;
    for await (const recorded of this.store.readAll({ after: from - 1n, stream })) {
      if (recorded.position > until) break;
      if (types.includes(recorded.type) && !(await this.repeatOrSetAside(client, recorded))) isWhole = false;
    }
    return isWhole;
  }

  private async repeat(recorded: RecordedEvent): Promise<void> {
    const { event, metadata } = readEvent(recorded);
    const { actor, capture, frame } = metadata;
    const isObserved = metadata.origin === 'observed';
    const identity: CommandIdentity = {
      commandId: recorded.id, idempotencyKey: null, bodyDigest: '', actor, origin: isObserved ? 'observed' : 'process',
      correlationId: metadata.$correlationId, causationId: recorded.id, ...(capture !== undefined && { capture }), ...(frame !== undefined && { frame }),
    };
    const at = isObserved ? Date.parse(event.occurredAt) : undefined;
    await this.tell(event, recorded, identity, at);
  }

  private async tell(event: LedgerEvent, recorded: RecordedEvent, identity: CommandIdentity, at: number | undefined): Promise<void> {
    const { revision } = recorded;
    switch (event.type) {
      case 'RegistrationAccepted':
        return this.tellAccepted(event, recorded, identity, at);
      case 'RegistrationEnded':
        return this.tellEnded(event, recorded, identity, at);
      case 'HandoffRolledBack': {
        const from = await this.handoffs.events.startOf(event.mobileNode, event.handoffId, revision);
        const record = from === null ? null : await this.handoffs.events.read(event.mobileNode, event.handoffId, from);
        if (record) await this.handoffs.undo(record.started, revision, beginningOf(record).cause);
        return;
      }
      case 'ForeignAgentProvisioned':
        await this.scopes.provision({ ...event, revision }, identity);
        await this.scopes.repeatWithdrawal(event.foreignAgent, event.dropped ?? [], revision, identity);
        return;
      case 'ForeignAgentLearned':
        await this.mailboxes.foreignAgents().refresh();
        await endColocated(this.mailboxes, { ...event, only: null }, ofLedger(identity));
        return;
      case 'AgentRebootReported':
        await this.scopes.repeatReboot(event.foreignAgent, event.careOfAddresses, revision, identity, at);
        return;
      case 'ForeignAgentRemoved':
        await this.scopes.repeatWithdrawal(event.foreignAgent, event.careOfAddresses, revision, identity);
        return;
      case 'CareOfAddressesClosed':
        await this.closings.reopen(event.foreignAgent, revision, identity);
        return;
      case 'CareOfAddressesReopened':
        await this.closings.tellReopened(event, identity);
        return;
      case 'QosSessionReleased':
      case 'DegradedLegEnded':
        if (leavesLegs(event)) await this.leftLegs.end([event], streamSubject(recorded.stream) as Scope, identity, at);
        return;
      default:
        return;
    }
  }

  private async tellAccepted(event: RegistrationAccepted, recorded: RecordedEvent, identity: CommandIdentity, at: number | undefined): Promise<void> {
    const { revision } = recorded;
    if (event.grantedLifetimeSeconds === 0 || (await this.isToldOf(event, revision))) return;
    if ((await RegistrationAppend.around(this.store, recorded)).isOfHandoff) return;
    await this.registrations.admit(visitorOf(event, event.visitor ?? event), revision, identity, at, Date.parse(event.occurredAt));
  }

  private async tellEnded(event: RegistrationEnded, recorded: RecordedEvent, identity: CommandIdentity, at: number | undefined): Promise<void> {
    const { revision } = recorded;
    // Not told at all where it only expired: the scope knows the deadline.
    if (event.cause === 'registration-expiry') return;
    // One that was lost with its agent is told by that event, unless the scope heard newer ones of the agent first.
    const isLost = event.cause === 'reboot' || event.cause === 'administrator';
    if (isLost && !(await this.isVisitor(event))) return;
    // Told by its own revision or a later one, or by that of the registration event before it, which ended it.
    const told = isLost || event.cause === 'revocation' ? revision : revision - 1n;
    if (await this.isToldOf(event, told)) return;
    const append = await RegistrationAppend.around(this.store, recorded);
    if (append.isOfHandoff || append.endsLaterAt(event) || (await this.isToldOf(event, append.toldBy))) return;
    if (event.visitor) {
      await this.registrations.admit(visitorOf(event, event.visitor), revision, identity, at);
      return;
    }
    const expiresAt = event.bindingExpiresAt === null ? null : Date.parse(event.bindingExpiresAt);
    const { mobileNode, foreignAgent, careOfAddress, cause } = event;
    await this.registrations.dismiss({ mobileNode, foreignAgent, careOfAddress, cause, expiresAt }, revision, identity, at);
  }

  private async isVisitor({ foreignAgent, careOfAddress, mobileNode }: RegistrationEnded): Promise<boolean> {
    const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
    await mailbox.refresh();
    return mailbox.fold.state.visitors.has(mobileNode);
  }

  private async isToldOf({ foreignAgent, careOfAddress, mobileNode }: RegistrationAccepted | RegistrationEnded, revision: bigint): Promise<boolean> {
    const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
    await mailbox.load();
    return (mailbox.fold.state.registrationRevisions.get(mobileNode) ?? -1n) >= revision;
  }
}

/** What was commanded ends as such, also where a capture is the cause. */
function ofLedger({ capture: _capture, frame: _frame, ...identity }: CommandIdentity): CommandIdentity {
  return { ...identity, origin: 'process' };
}

function visitorOf(of: RegistrationAccepted | RegistrationEnded, { homeAgent, homeAddress, expiresAt }: VisitorTerms): Binding {
  const { mobileNode, foreignAgent, careOfAddress } = of;
  return { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt: expiresAt === null ? null : Date.parse(expiresAt) };
}
