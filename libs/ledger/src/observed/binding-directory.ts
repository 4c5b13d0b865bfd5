import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { Binding, LedgerEvent, MobileNodeAnswer, RegistrationAccepted, RegistrationEnded } from '#domain';
import type { AnyAnswer } from '../mailbox/mailboxes';

/** A binding and the time in which it stood; all in milliseconds. */
interface Stay {
  readonly binding: Binding;
  readonly from: number;
  /** When it ended before it expired; null: it did not, as far as is known. */
  readonly to: number | null;
  /** Of the event in its node's stream that told it last. */
  readonly revision: bigint;
}

interface StayRow {
  readonly mobile_node: string;
  readonly foreign_agent: string;
  readonly care_of_address: string;
  readonly home_agent: string;
  readonly home_address: string;
  readonly expires_at: string | null;
  readonly accepted_at: string;
  readonly ended_at: string | null;
  readonly revision: string;
}

/** What other servers register is looked for again so often. */
const lookAgainMs = 1_000;

/**
 * Which nodes held a home address at a moment, and where they were: for telling whose session an observed message is (domain.md §5),
 * also of a capture that is read long after the nodes moved on.
 */
export class BindingDirectory {
  /** Bounded by size: a bound by number takes the room of all of them at once. */
  private readonly stays = new LRUCache<string, Stay[]>({ maxSize: 100_000, sizeCalculation: () => 1 });
  /** Home addresses by node: a registration by one of them may end what it has by another. */
  private readonly homes = new LRUCache<string, Set<string>>({ maxSize: 100_000, sizeCalculation: () => 1 });
  private readonly looked = new LRUCache<string, number>({ maxSize: 100_000, sizeCalculation: () => 1 });

  constructor(
    private readonly pool: pg.Pool,
    private readonly clock: () => number,
  ) {}

  /** What the tables tell now is asked of them, however short ago they were looked at. */
  beginCapture(): void {
    this.looked.clear();
  }

  /** Reads what the tables know of these home addresses, unless it was read just now. */
  async prepare(homeAddresses: readonly string[]): Promise<void> {
    const unread = [...new Set(homeAddresses)].filter((homeAddress) => this.mayLook(homeAddress));
    if (unread.length > 0) await this.look(unread);
  }

  /** What a registration came to. @param at milliseconds of its node's stream */
  learn(answer: MobileNodeAnswer, at: number): void {
    if (answer.outcome !== 'registered' && answer.outcome !== 'ended') return;
    for (const ended of answer.ended) this.end(ended, at);
    if (answer.outcome === 'registered' && answer.admitted) this.admit(answer.admitted, at, answer.revision);
  }

  /** What a command came to in the stream of its node; what is not known here is read from the tables when it is asked for. */
  learnCommanded(answer: AnyAnswer, events: readonly LedgerEvent[]): void {
    for (const event of events) {
      const isOfBinding = event.type === 'RegistrationAccepted' || event.type === 'RegistrationEnded';
      const binding = isOfBinding ? bindingOf(event) : null;
      if (!binding || !(this.stays.has(binding.homeAddress) || this.looked.has(binding.homeAddress))) continue;
      const at = Date.parse(event.occurredAt);
      // When it expires is known, and a renewal may be under way.
      if (event.type === 'RegistrationEnded' && event.cause !== 'registration-expiry') this.end(binding, at);
      if (event.type === 'RegistrationAccepted' && event.grantedLifetimeSeconds > 0) this.admit(binding, at, answer.outcome === 'registered' ? answer.revision : 0n);
    }
  }

  /** Home addresses of a node as far as is known, from now on also this one, by which it registers. */
  homesOf(mobileNode: string, registering: string): readonly string[] {
    const homes = this.homes.get(mobileNode) ?? new Set();
    this.homes.set(mobileNode, homes.add(registering));
    return [...homes];
  }

  /** Bindings of a home address that were not ended, expired or not. */
  openOf(homeAddress: string): Binding[] {
    return (this.stays.get(homeAddress) ?? []).filter(({ to }) => to === null).map(({ binding }) => binding);
  }

  /** Bindings of a home address that stood at this time, the last come first. */
  async bindingsOf(homeAddress: string, at: number): Promise<Binding[]> {
    const known = this.seenStanding(homeAddress, at);
    if (known.length > 0 || !this.mayLook(homeAddress)) return known;
    await this.look([homeAddress]);
    return this.seenStanding(homeAddress, at);
  }

  /** Of the bindings of a home address by a home agent the one that ended last, until this time. */
  async lastEnded(homeAddress: string, homeAgent: string, at: number): Promise<Binding | undefined> {
    if (this.mayLook(homeAddress)) await this.look([homeAddress]);
    const ended = (this.stays.get(homeAddress) ?? []).flatMap(({ binding, to }) => (to === null || to > at ? [] : [{ binding, to }]));
    return ended.filter(({ binding }) => binding.homeAgent === homeAgent).sort((a, b) => b.to - a.to)[0]?.binding;
  }

  /** Whether one stands, and no other that was not ended has expired: of two nodes with one home address each may be about to be renewed. */
  allStand(homeAddress: string, at: number): boolean {
    const standing = this.seenStanding(homeAddress, at);
    const isSeen = (binding: Binding): boolean => standing.includes(binding);
    return standing.length > 0 && this.openOf(homeAddress).every((binding) => binding.expiresAt === null || binding.expiresAt > at || isSeen(binding));
  }

  /** What was commanded stands by the clock: of a frame that is ahead of it, what stands by the clock alone counts where nothing does by the frame. */
  private seenStanding(homeAddress: string, at: number): Binding[] {
    const standing = this.standing(homeAddress, at);
    const now = this.clock();
    return standing.length > 0 || at <= now ? standing : this.standing(homeAddress, now);
  }

  private mayLook(homeAddress: string): boolean {
    return this.clock() - (this.looked.get(homeAddress) ?? Number.NEGATIVE_INFINITY) >= lookAgainMs;
  }

  private standing(homeAddress: string, at: number): Binding[] {
    const stood = ({ binding: { expiresAt }, from, to }: Stay): boolean => from <= at && (to === null || at < to) && (expiresAt === null || at < expiresAt);
    return (this.stays.get(homeAddress) ?? []).filter(stood).sort((a, b) => b.from - a.from).map(({ binding }) => binding);
  }

  private async look(homeAddresses: readonly string[]): Promise<void> {
    const now = this.clock();
    for (const homeAddress of homeAddresses) this.looked.set(homeAddress, now);
    const { rows } = await this.pool.query<StayRow>({
      name: 'stays-of-home-addresses',
      text: `select mobile_node, foreign_agent, care_of_address, home_agent, home_address, expires_at, accepted_at, ended_at, revision::text
        from projection.registrations where home_address = any($1::text[]) order by accepted_position`,
      values: [homeAddresses],
    });
    for (const row of rows) this.note(stayOf(row));
  }

  private admit(binding: Binding, at: number, revision: bigint): void {
    const stays = this.stays.get(binding.homeAddress) ?? [];
    const index = stays.findIndex((stay) => stay.to === null && isSame(stay.binding, binding) && !hasExpired(stay, at));
    if (index < 0) this.note({ binding, from: at, to: null, revision });
    else stays[index] = { ...stays[index]!, binding, revision };
  }

  private end(ended: Binding, to: number): void {
    const stays = this.stays.get(ended.homeAddress) ?? [];
    const index = stays.findIndex((stay) => stay.to === null && isSame(stay.binding, ended));
    if (index >= 0) stays[index] = { ...stays[index]!, to };
  }

  /** The tables may tell what is known already, or not yet; or what another server renewed or ended. */
  private note(stay: Stay): void {
    const { homeAddress } = stay.binding;
    const stays = this.stays.get(homeAddress) ?? [];
    const same = stays.findIndex(({ binding, from }) => from === stay.from && isSame(binding, stay.binding));
    if (same < 0) {
      // It stands again: the one before was not ended, and expired.
      const before = stays.findIndex((known) => known.to === null && isSame(known.binding, stay.binding) && hasExpired(known, stay.from));
      if (before >= 0) stays[before] = { ...stays[before]!, to: stays[before]!.binding.expiresAt };
      stays.push(stay);
    } else if (stays[same]!.to === null && stays[same]!.revision <= stay.revision) {
      stays[same] = hasExpired(stay, stay.to) ? { ...stay, to: null } : stay;
    }
    this.homesOf(stay.binding.mobileNode, homeAddress);
    this.stays.set(homeAddress, stays);
  }
}

/** At this time, in milliseconds; null: at none. */
function hasExpired({ binding: { expiresAt } }: Stay, at: number | null): boolean {
  return at !== null && expiresAt !== null && expiresAt <= at;
}

/** Null: an old event, which does not tell by which home. */
function bindingOf(event: RegistrationAccepted | RegistrationEnded): Binding | null {
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress } = event;
  if (homeAgent === undefined || homeAddress === undefined) return null;
  const expiresAt = event.type === 'RegistrationEnded' ? event.bindingExpiresAt : event.expiresAt;
  return { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt: expiresAt === null ? null : Date.parse(expiresAt) };
}

/** Of two bindings of one home address. */
function isSame(a: Binding, b: Binding): boolean {
  return a.mobileNode === b.mobileNode && a.careOfAddress === b.careOfAddress && a.homeAgent === b.homeAgent;
}

function stayOf(row: StayRow): Stay {
  return {
    binding: {
      mobileNode: row.mobile_node,
      foreignAgent: row.foreign_agent,
      careOfAddress: row.care_of_address,
      homeAgent: row.home_agent,
      homeAddress: row.home_address,
      expiresAt: row.expires_at === null ? null : Date.parse(row.expires_at),
    },
    from: Date.parse(row.accepted_at),
    to: row.ended_at === null ? null : Date.parse(row.ended_at),
    revision: BigInt(row.revision),
  };
}
