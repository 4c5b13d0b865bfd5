import type { ForeignAgentsEvent } from '#domain';
import type { LoggedEvent } from './logged-event';
import { insert, rowsOf, type Projection, type Statement, type Write } from './projection';

const agentColumns = {
  foreign_agent: 'text',
  care_of_addresses: 'text[]',
  first_position: 'bigint',
  changed_at: 'timestamptz',
  revision: 'bigint',
  position: 'bigint',
} as const;

const provision = insert(
  'foreign_agents',
  { ...agentColumns, name: 'text', provisioned: 'boolean', pools: 'json', policy: 'json' },
  `on conflict (foreign_agent) do update set name = excluded.name, provisioned = true, care_of_addresses = excluded.care_of_addresses,
   pools = excluded.pools, policy = excluded.policy, removed_at = null,
   changed_at = excluded.changed_at, revision = excluded.revision, position = excluded.position`,
);

/** An agent that was removed and is heard of again begins anew. */
const learn: Statement = {
  name: 'foreign_agents-learn',
  merges: false,
  sql: `insert into foreign_agents as a (foreign_agent, provisioned, learned_from, care_of_addresses, first_position, changed_at, revision, position)
    select foreign_agent, false, learned_from, care_of_addresses, first_position, changed_at, revision, position
    from ${rowsOf({ ...agentColumns, learned_from: 'text' })}
    on conflict (foreign_agent) do update set
    name = case when a.removed_at is null then a.name end, pools = case when a.removed_at is null then a.pools end,
    policy = case when a.removed_at is null then a.policy end, provisioned = a.provisioned and a.removed_at is null,
    learned_from = excluded.learned_from, removed_at = null,
    care_of_addresses = case when a.removed_at is null then a.care_of_addresses else '{}' end || excluded.care_of_addresses,
    changed_at = excluded.changed_at, revision = excluded.revision, position = excluded.position`,
};

const remove: Statement = {
  name: 'foreign_agents-remove',
  merges: false,
  sql: `update foreign_agents a set removed_at = e.changed_at, care_of_addresses = '{}', changed_at = e.changed_at, revision = e.revision, position = e.position
    from ${rowsOf(agentColumns)} where a.foreign_agent = e.foreign_agent`,
};

/** Agents as they were provisioned or learned; what is in force in a scope stands in scopes. */
export const foreignAgents: Projection = {
  name: 'foreign_agents',
  categories: ['foreignAgents'],
  project: (logged) => {
    const { event } = logged;
    switch (event.type) {
      case 'ForeignAgentProvisioned': {
        const { name, pools, policy } = event;
        return [write(provision, logged, event, { name, provisioned: true, pools: { ...pools }, policy: { ...policy } })];
      }
      case 'ForeignAgentLearned':
        // What only others have is no change of the agent.
        return event.careOfAddresses.length > 0 ? [write(learn, logged, event, { learned_from: event.learnedFrom })] : [];
      case 'ForeignAgentRemoved':
        return [write(remove, logged, event, {})];
      default:
        return [];
    }
  },
};

function write(statement: Statement, { position, revision }: LoggedEvent, event: ForeignAgentsEvent, more: Write['row']): Write {
  const { foreignAgent, careOfAddresses, occurredAt } = event;
  const row = { foreign_agent: foreignAgent, care_of_addresses: careOfAddresses, first_position: position, changed_at: occurredAt, revision, position };
  return { statement, keys: [`agent ${foreignAgent}`], row: { ...row, ...more } };
}

const scopeColumns = { foreign_agent: 'text', care_of_address: 'text', withdrawn: 'boolean', position: 'bigint' } as const;

const tell = insert(
  'scopes',
  { ...scopeColumns, pools: 'json', policy: 'json' },
  `on conflict (foreign_agent, care_of_address) do update
   set withdrawn = excluded.withdrawn, pools = excluded.pools, policy = excluded.policy, position = excluded.position`,
);

const withdraw = {
  ...insert(
    'scopes',
    scopeColumns,
    'on conflict (foreign_agent, care_of_address) do update set withdrawn = excluded.withdrawn, position = excluded.position',
  ),
  name: 'scopes-withdraw',
};

/** The scope may be used before anything was provisioned: then the defaults are in force there. */
const use = { ...insert('scopes', scopeColumns, 'on conflict do nothing'), name: 'scopes-use', merges: true };

/** Every scope that has a stream, with its pools and its policy. */
export const scopes: Projection = {
  name: 'scopes',
  categories: ['flowTable'],
  project: (logged) => {
    const { event, scope, position, stream } = logged;
    const keys = [`scope ${stream}`];
    const row = { foreign_agent: scope.foreignAgent, care_of_address: scope.careOfAddress, withdrawn: false, position };
    if (event.type === 'ScopeProvisioned') {
      return [{ statement: tell, keys, row: { ...row, pools: { ...event.pools }, policy: { ...event.policy } } }];
    }
    if (event.type === 'ScopeWithdrawn') return [{ statement: withdraw, keys, row: { ...row, withdrawn: true } }];
    return logged.recorded.revision === 0n ? [{ statement: use, keys, row }] : [];
  },
};
