import type pg from 'pg';
import type { Binding, EndedBinding, MobileNodeAnswer } from '#domain';

interface BindingRow {
  readonly mobile_node: string;
  readonly foreign_agent: string;
  readonly care_of_address: string;
  readonly home_agent: string;
  readonly home_address: string;
  readonly expires_at: string | null;
}

/** Which nodes hold a home address, and where they are: for telling whose session an observed message is (domain.md §5). */
export class BindingDirectory {
  private readonly byHomeAddress = new Map<string, Map<string, Binding>>();
  private readonly looked = new Map<string, number>();

  constructor(
    private readonly pool: pg.Pool,
    private readonly clock: () => number,
  ) {}

  /** What a registration came to. */
  learn(answer: MobileNodeAnswer): void {
    if (answer.outcome !== 'registered' && answer.outcome !== 'ended') return;
    for (const binding of answer.ended) this.forget(binding);
    if (answer.outcome === 'registered' && answer.admitted) this.add(answer.admitted);
  }

  /** What is known of a home address, without a look into the tables. */
  knownOf(homeAddress: string): Binding[] {
    return [...(this.byHomeAddress.get(homeAddress)?.values() ?? [])];
  }

  /** Bindings of a home address that stand at this time, the last learned first. */
  async bindingsOf(homeAddress: string, at: number): Promise<Binding[]> {
    const known = this.standing(homeAddress, at);
    if (known.length > 0 || !this.mayLook(homeAddress)) return known;
    const { rows } = await this.pool.query<BindingRow>({
      name: 'bindings-of-home-address',
      text: `select mobile_node, foreign_agent, care_of_address, home_agent, home_address, expires_at
        from projection.registrations where home_address = $1::text and ended_at is null order by position`,
      values: [homeAddress],
    });
    for (const row of rows) this.add(bindingOf(row));
    return this.standing(homeAddress, at);
  }

  private standing(homeAddress: string, at: number): Binding[] {
    return this.knownOf(homeAddress).filter((binding) => binding.expiresAt === null || binding.expiresAt > at).reverse();
  }

  /** A destination that is no registered node is not asked for with every message. */
  private mayLook(homeAddress: string): boolean {
    const now = this.clock();
    if (now - (this.looked.get(homeAddress) ?? Number.NEGATIVE_INFINITY) < 1_000) return false;
    if (this.looked.size > 100_000) this.looked.clear();
    this.looked.set(homeAddress, now);
    return true;
  }

  private add(binding: Binding): void {
    const bindings = this.byHomeAddress.get(binding.homeAddress) ?? new Map<string, Binding>();
    this.byHomeAddress.set(binding.homeAddress, bindings);
    bindings.delete(keyOf(binding));
    bindings.set(keyOf(binding), binding);
  }

  private forget(binding: EndedBinding): void {
    const bindings = this.byHomeAddress.get(binding.homeAddress);
    bindings?.delete(keyOf(binding));
    if (bindings?.size === 0) this.byHomeAddress.delete(binding.homeAddress);
  }
}

function keyOf({ mobileNode, careOfAddress }: Binding): string {
  return `${mobileNode} ${careOfAddress}`;
}

function bindingOf(row: BindingRow): Binding {
  return {
    mobileNode: row.mobile_node,
    foreignAgent: row.foreign_agent,
    careOfAddress: row.care_of_address,
    homeAgent: row.home_agent,
    homeAddress: row.home_address,
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at).getTime(),
  };
}
