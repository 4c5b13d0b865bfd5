import type { RegistrationAccepted, RegistrationEnded } from '#domain';
import type { LoggedEvent } from './logged-event';
import { insert, namesOf, rowsOf, type Projection, type Statement, type Write } from './projection';

const columns = {
  mobile_node: 'text',
  foreign_agent: 'text',
  care_of_address: 'text',
  home_agent: 'text',
  home_address: 'text',
  flags: 'json',
  identification: 'text',
  granted_lifetime_seconds: 'integer',
  expires_at: 'timestamptz',
  code: 'integer',
  code_name: 'text',
  accepted_at: 'timestamptz',
  revision: 'bigint',
  position: 'bigint',
} as const;

const renewed = ['foreign_agent', 'home_agent', 'home_address', 'flags', 'identification', 'granted_lifetime_seconds', 'expires_at', 'code', 'code_name', 'revision', 'position'];

/**
 * A binding stands once per node, care-of address and home; its acceptance there again renews it. Old events knew one at a care-of address:
 * a refresh of what does not stand there took the place of what did.
 */
const accept: Statement = {
  name: 'registrations-accept',
  merges: false,
  sql: `with e as (select * from ${rowsOf({ ...columns, refresh: 'boolean' })}),
    taken as (
      update registrations r set ${renewed.map((name) => `${name} = e.${name}`).join(', ')}, renewed_at = e.accepted_at
      from e where e.refresh and r.mobile_node = e.mobile_node and r.care_of_address = e.care_of_address and r.state = 'active'
        and not exists (select from registrations s where s.mobile_node = e.mobile_node and s.care_of_address = e.care_of_address
          and s.home_agent = e.home_agent and s.home_address = e.home_address and s.state = 'active')
      returning r.mobile_node, r.care_of_address)
    insert into registrations (${namesOf(columns)}, state, accepted_position)
    select ${namesOf(columns)}, 'active', position from e
    where not exists (select from taken t where t.mobile_node = e.mobile_node and t.care_of_address = e.care_of_address)
    on conflict (mobile_node, care_of_address, home_agent, home_address) where state = 'active' do update
    set ${renewed.map((name) => `${name} = excluded.${name}`).join(', ')}, renewed_at = excluded.accepted_at`,
};

/** Old events do not tell which: whatever stands there. */
const end: Statement = {
  name: 'registrations-end',
  merges: false,
  sql: `update registrations r set state = 'ended', ended_at = e.ended_at, cause = e.cause, revision = e.revision, position = e.position
    from ${rowsOf({ mobile_node: 'text', care_of_address: 'text', home_agent: 'text', home_address: 'text', ended_at: 'timestamptz', cause: 'text', revision: 'bigint', position: 'bigint' })}
    where r.mobile_node = e.mobile_node and r.care_of_address = e.care_of_address and r.state = 'active'
      and (e.home_agent is null or (r.home_agent, r.home_address) = (e.home_agent, e.home_address))`,
};

const nodeColumns = { mobile_node: 'text', home_address: 'text', home_agent: 'text', first_seen_at: 'timestamptz', first_position: 'bigint', changed_at: 'timestamptz', revision: 'bigint', position: 'bigint' } as const;

/** The home agent is the one of the last message that named one: a node may have several. */
const see = insert(
  'mobile_nodes',
  nodeColumns,
  `on conflict (mobile_node) do update set home_address = excluded.home_address, home_agent = excluded.home_agent,
   changed_at = excluded.changed_at, revision = excluded.revision, position = excluded.position`,
);

const change: Statement = {
  name: 'mobile_nodes-change',
  merges: false,
  sql: `update mobile_nodes m set changed_at = e.changed_at, revision = e.revision, position = e.position
    from ${rowsOf({ mobile_node: 'text', changed_at: 'timestamptz', revision: 'bigint', position: 'bigint' })} where m.mobile_node = e.mobile_node`,
};

/** Bindings, current and ended; one that lasted no time (lifetime 0: a deregistration) is none. */
export const registrations: Projection = {
  name: 'registrations',
  categories: ['mobileNode'],
  project: (logged) => {
    const { event } = logged;
    if (event.type === 'RegistrationAccepted' && event.grantedLifetimeSeconds > 0) return [accepted(logged, event)];
    if (event.type === 'RegistrationEnded') return [ended(logged, event)];
    return [];
  },
};

/** Every node that was heard of, whether its registration was accepted or not. */
export const mobileNodes: Projection = {
  name: 'mobile_nodes',
  categories: ['mobileNode'],
  project: ({ event, recorded, position, revision }) => {
    // Whatever stands in the stream of a node is a change of it: its revision is the tag that a command is held against.
    const mobileNode = recorded.stream.slice('mobileNode-'.length);
    const keys = [`node ${mobileNode}`];
    const row = { mobile_node: mobileNode, changed_at: event.occurredAt, revision, position };
    const isSighting = event.type === 'RegistrationRequested' || event.type === 'RegistrationAccepted' || event.type === 'RegistrationDenied';
    if (!isSighting) return [{ statement: change, keys, row }];
    const { homeAddress, homeAgent, occurredAt } = event;
    return [{ statement: see, keys, row: { ...row, home_address: homeAddress, home_agent: homeAgent, first_seen_at: occurredAt, first_position: position } }];
  },
};

const bindingKey = ({ mobileNode, careOfAddress }: RegistrationAccepted | RegistrationEnded): string => `binding ${mobileNode} ${careOfAddress}`;

function accepted({ position, revision }: LoggedEvent, event: RegistrationAccepted): Write {
  const row = {
    mobile_node: event.mobileNode,
    foreign_agent: event.foreignAgent,
    care_of_address: event.careOfAddress,
    home_agent: event.homeAgent,
    home_address: event.homeAddress,
    flags: event.flags,
    identification: event.identification,
    granted_lifetime_seconds: event.grantedLifetimeSeconds,
    expires_at: event.expiresAt,
    code: event.code,
    code_name: event.codeName,
    accepted_at: event.occurredAt,
    refresh: event.refresh,
    revision,
    position,
  };
  return { statement: accept, keys: [bindingKey(event)], row };
}

function ended({ position, revision }: LoggedEvent, event: RegistrationEnded): Write {
  const { mobileNode, careOfAddress, homeAgent = null, homeAddress = null, occurredAt, cause } = event;
  const home = { home_agent: homeAgent, home_address: homeAddress };
  const row = { mobile_node: mobileNode, care_of_address: careOfAddress, ...home, ended_at: occurredAt, cause, revision, position };
  return { statement: end, keys: [bindingKey(event)], row };
}
