import type { VisitorAdmitted, VisitorLeft } from '#domain';
import type { LoggedEvent } from './logged-event';
import { rowsOf, type Projection, type Statement, type Write } from './projection';

const visitColumns = { foreign_agent: 'text', care_of_address: 'text', mobile_node: 'text' } as const;
const sameVisit = 'v.foreign_agent = e.foreign_agent and v.care_of_address = e.care_of_address and v.mobile_node = e.mobile_node';

/** A renewal ends the row before it; the count makes PostgreSQL do that first. What a lower registration revision says is outdated (design.md, "Streams"). */
const admit: Statement = {
  name: 'visitors-admit',
  merges: false,
  sql: `with e as (
      select * from ${rowsOf({ ...visitColumns, home_address: 'text', home_agent: 'text', expires_at: 'timestamptz', registration_revision: 'bigint', position: 'bigint' })}
      where not exists (select from visitors v where ${sameVisit} and v.registration_revision > e.registration_revision)),
    renewed as (update visitors v set to_position = e.position from e where ${sameVisit} and v.to_position is null returning 1)
    insert into visitors (foreign_agent, care_of_address, mobile_node, home_address, home_agent, expires_at, registration_revision, from_position)
    select foreign_agent, care_of_address, mobile_node, home_address, home_agent, expires_at, registration_revision, position
    from e where (select count(*) from renewed) >= 0`,
};

const leave: Statement = {
  name: 'visitors-leave',
  merges: false,
  sql: `update visitors v set to_position = e.position, cause = e.cause
    from ${rowsOf({ ...visitColumns, cause: 'text', registration_revision: 'bigint', position: 'bigint' })}
    where ${sameVisit} and v.to_position is null and v.registration_revision <= e.registration_revision`,
};

/** The visitors of every scope: what a flow's registration has left is read here. */
export const visitors: Projection = {
  name: 'visitors',
  categories: ['flowTable'],
  project: (logged) => {
    const { event } = logged;
    if (event.type === 'VisitorAdmitted') return [admitted(logged, event)];
    if (event.type === 'VisitorLeft') return [left(logged, event)];
    return [];
  },
};

function visitRow({ scope, position }: LoggedEvent, mobileNode: string) {
  return { foreign_agent: scope.foreignAgent, care_of_address: scope.careOfAddress, mobile_node: mobileNode, position };
}

const visitKey = ({ stream }: LoggedEvent, mobileNode: string): string => `visit ${stream} ${mobileNode}`;

function admitted(logged: LoggedEvent, event: VisitorAdmitted): Write {
  const row = {
    ...visitRow(logged, event.mobileNode),
    home_address: event.homeAddress,
    home_agent: event.homeAgent,
    expires_at: event.expiresAt,
    registration_revision: event.registrationRevision,
  };
  return { statement: admit, keys: [visitKey(logged, event.mobileNode)], row };
}

function left(logged: LoggedEvent, { mobileNode, cause, registrationRevision }: VisitorLeft): Write {
  const row = { ...visitRow(logged, mobileNode), cause, registration_revision: registrationRevision };
  return { statement: leave, keys: [visitKey(logged, mobileNode)], row };
}
