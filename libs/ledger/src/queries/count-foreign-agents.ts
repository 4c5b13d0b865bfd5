import type pg from 'pg';
import { defaultPools, type TemporaryField } from '#domain';

/** Values of the pool that are neither allocated nor quarantined, per field. */
export type FreeValues = Readonly<Record<TemporaryField, number>>;

interface Counts {
  readonly live: number;
  readonly pathOnly: number;
  readonly orphaned: number;
  /** Legs without an id: this scope refused them in a handoff. */
  readonly degraded: number;
  /** Legs with a temporary flow id. */
  readonly temporary: number;
  /** Ids, native or temporary, in quarantine. */
  readonly quarantined: number;
  readonly free: FreeValues;
}

export interface ForeignAgentCounts extends Counts {
  readonly scopes: readonly (Counts & { readonly careOfAddress: string })[];
}

/**
 * Pools are per scope and only computed: a GRE key pool has 2³² − 1 values. What lies outside of the present pool, or is reserved
 * in it, is not subtracted from it once more; a value that is allocated and quarantined at once is subtracted once.
 */
const countSql = `
  with scope as (
    select c.foreign_agent, c.care_of_address, coalesce(s.pools, c.pools, $3::json) as pools
    from unnest($1::text[], $2::text[]) as a(foreign_agent, care_of_address)
    join lateral (select a.foreign_agent, a.care_of_address, (select pools from projection.foreign_agents f where f.foreign_agent = a.foreign_agent) as pools) c on true
    left join projection.scopes s on s.foreign_agent = a.foreign_agent and s.care_of_address = a.care_of_address and not s.withdrawn)
  select scope.foreign_agent as "foreignAgent", scope.care_of_address as "careOfAddress", flow.*, quarantine.*, free.*
  from scope
  cross join lateral (
    select count(*) filter (where state = 'live')::float8 as "live", count(*) filter (where state = 'path-only')::float8 as "pathOnly",
      count(*) filter (where state = 'orphaned')::float8 as "orphaned",
      count(*) filter (where state = 'degraded')::float8 as "degraded", count(temporary_field)::float8 as "temporary"
    from projection.flow_table f
    where f.foreign_agent = scope.foreign_agent and f.care_of_address = scope.care_of_address and f.to_position is null) flow
  cross join lateral (
    select count(*)::float8 as "quarantined" from projection.quarantines q
    where q.foreign_agent = scope.foreign_agent and q.care_of_address = scope.care_of_address and q.to_position is null) quarantine
  cross join lateral (
    select json_object_agg(pool.field, case when pool.range is null then 0 else pool.last - pool.first + 1 - coalesce(reserved.count, 0) - coalesce(used.count, 0) end) as "free"
    from (
      select key as field, nullif(value::text, 'null') as range, (value->>'first')::bigint as first, (value->>'last')::bigint as last, value->'reserved' as reserved
      from json_each(scope.pools)) pool
    left join lateral (
      select sum((span->>'last')::bigint - (span->>'first')::bigint + 1)::bigint as count from json_array_elements(pool.reserved) span) reserved on true
    left join lateral (
      select count(*) as count from (
        select temporary_value from projection.flow_table f
        where f.foreign_agent = scope.foreign_agent and f.care_of_address = scope.care_of_address and f.to_position is null
          and f.temporary_field = pool.field and f.temporary_value between pool.first and pool.last
        union
        select temporary_value from projection.quarantines q
        where q.foreign_agent = scope.foreign_agent and q.care_of_address = scope.care_of_address and q.to_position is null
          and q.temporary_field = pool.field and q.temporary_value between pool.first and pool.last) value
      where not exists (
        select from json_array_elements(pool.reserved) span where temporary_value between (span->>'first')::bigint and (span->>'last')::bigint)) used on true) free`;

interface Agent {
  readonly foreignAgent: string;
  readonly careOfAddresses: readonly string[];
}

type ScopeRow = Counts & { readonly foreignAgent: string; readonly careOfAddress: string };

/** The counts of each agent and of each of its scopes, in the order of its care-of addresses. */
export async function countForeignAgents(client: pg.ClientBase, agents: readonly Agent[]): Promise<ReadonlyMap<string, ForeignAgentCounts>> {
  const scopes = agents.flatMap(({ foreignAgent, careOfAddresses }) => careOfAddresses.map((careOfAddress) => [foreignAgent, careOfAddress] as const));
  const { rows } = await client.query<ScopeRow>({
    name: 'count-foreign-agents',
    text: countSql,
    values: [scopes.map(([foreignAgent]) => foreignAgent), scopes.map(([, careOfAddress]) => careOfAddress), JSON.stringify(defaultPools)],
  });
  return new Map(agents.map((agent) => [agent.foreignAgent, sum(agent, rows)]));
}

function sum({ foreignAgent, careOfAddresses }: Agent, rows: readonly ScopeRow[]): ForeignAgentCounts {
  const scopes = careOfAddresses.map((careOfAddress) => {
    const { foreignAgent: _agent, ...counts } = rows.find((row) => row.foreignAgent === foreignAgent && row.careOfAddress === careOfAddress)!;
    return counts;
  });
  const total = (of: (scope: Counts) => number): number => scopes.reduce((all, scope) => all + of(scope), 0);
  return {
    live: total((scope) => scope.live),
    pathOnly: total((scope) => scope.pathOnly),
    orphaned: total((scope) => scope.orphaned),
    degraded: total((scope) => scope.degraded),
    temporary: total((scope) => scope.temporary),
    quarantined: total((scope) => scope.quarantined),
    free: {
      sourcePort: total(({ free }) => free.sourcePort),
      destinationPort: total(({ free }) => free.destinationPort),
      flowLabel: total(({ free }) => free.flowLabel),
      greKey: total(({ free }) => free.greKey),
    },
    scopes,
  };
}
