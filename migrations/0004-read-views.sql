create table projection.session_events (
  session_id uuid not null,
  position bigint not null,
  primary key (session_id, position)
);
comment on table projection.session_events is 'Which events of the log a session is named in, but for LeasesExtended (see lease_extensions).';

-- What the outside reads. Names are those of the HTTP API in snake_case.

create view qos.flow_table as
select f.session_id, f.foreign_agent, f.care_of_address, f.state, f.mobile_node, f.home_address, f.home_agent, f.correspondent_node,
  f.protocol, f.destination_port, f.source_port, f.flow_label, f.spi, f.senders, f.effective,
  case when f.temporary_field is not null then json_build_object('field', f.temporary_field, 'value', f.temporary_value) end as temporary,
  f.temporary_field, f.temporary_value,
  array(
    select other.id from (
      select c.matched_session_id as id from projection.collisions c
      where c.session_id = f.session_id and c.foreign_agent = f.foreign_agent and c.care_of_address = f.care_of_address
      union
      select c.session_id from projection.collisions c
      where c.matched_session_id = f.session_id and c.foreign_agent = f.foreign_agent and c.care_of_address = f.care_of_address) other
    where exists (
      select from projection.flow_table o
      where o.session_id = other.id and o.foreign_agent = f.foreign_agent and o.care_of_address = f.care_of_address and o.to_position is null)
    order by 1) as collides_with,
  f.style, f.service, f.tspec, f.refresh_period_ms, coalesce(l.expires_at, f.expires_at) as expires_at,
  case when v.mobile_node is null then f.registration_expires_at else v.expires_at end as registration_expires_at,
  f.established_at, f.changed_at, f.revision, f.from_position as position
from projection.flow_table f
left join projection.leases l on l.session_id = f.session_id and l.foreign_agent = f.foreign_agent and l.care_of_address = f.care_of_address
left join projection.visitors v
  on v.foreign_agent = f.foreign_agent and v.care_of_address = f.care_of_address and v.mobile_node = f.mobile_node and v.to_position is null
where f.to_position is null;
comment on view qos.flow_table is 'The live flow table of every foreign agent: a row per live leg.';
comment on column qos.flow_table.session_id is 'Id of the QoS session; the same in all of its legs.';
comment on column qos.flow_table.foreign_agent is 'Id of the foreign agent; direct where there is none.';
comment on column qos.flow_table.care_of_address is 'Care-of address: with the foreign agent it names the scope of the collision rule.';
comment on column qos.flow_table.state is 'live, path-only (no reservation yet, or no more), orphaned (the node has moved on) or degraded (refused by the new scope).';
comment on column qos.flow_table.mobile_node is 'Mobile node id: its NAI, or homeAddress@homeAgent; null for a flow of no known node.';
comment on column qos.flow_table.home_address is 'Home address of the mobile node.';
comment on column qos.flow_table.home_agent is 'Home agent of the mobile node.';
comment on column qos.flow_table.correspondent_node is 'Sender of the flow as it was asked for; null for SE and WF.';
comment on column qos.flow_table.protocol is 'IP protocol number.';
comment on column qos.flow_table.destination_port is 'Destination port as it was asked for.';
comment on column qos.flow_table.source_port is 'Source port as it was asked for; null for SE and WF and where a label or an SPI takes its place.';
comment on column qos.flow_table.flow_label is 'IPv6 flow label as it was asked for.';
comment on column qos.flow_table.spi is 'Security parameters index of ESP or AH (RFC 2207).';
comment on column qos.flow_table.senders is 'Senders of an SE reservation: [{correspondentNode, sourcePort}].';
comment on column qos.flow_table.effective is 'Effective flow id: what routers see.';
comment on column qos.flow_table.temporary is 'Temporary flow id {field, value}; null: the id is native.';
comment on column qos.flow_table.temporary_field is 'The field that the temporary flow id replaces.';
comment on column qos.flow_table.temporary_value is 'The value that it has instead.';
comment on column qos.flow_table.collides_with is 'Live sessions that this one matched when it came, or that matched this one.';
comment on column qos.flow_table.style is 'RSVP reservation style: FF, SE or WF; null while only path state is known.';
comment on column qos.flow_table.service is 'controlled-load or guaranteed.';
comment on column qos.flow_table.tspec is 'Token bucket {r, b, p, m, M}: bytes/s, bytes, bytes/s (or "Infinity"), bytes, bytes.';
comment on column qos.flow_table.refresh_period_ms is 'Refresh period R in milliseconds; 0: no soft state.';
comment on column qos.flow_table.expires_at is 'When the soft state ends unless it is refreshed.';
comment on column qos.flow_table.registration_expires_at is 'When the registration of the node ends; null: never.';
comment on column qos.flow_table.established_at is 'When the leg was configured.';
comment on column qos.flow_table.changed_at is 'Last change; an extended lease is none.';
comment on column qos.flow_table.revision is 'Revision of the last change in the scope''s stream.';
comment on column qos.flow_table.position is 'Ledger position of the last change.';

create view qos.sessions as
select session_id, state, mobile_node, home_address, home_agent, foreign_agent, care_of_address, correspondent_node, protocol, destination_port,
  source_port, flow_label, spi, senders, requested, effective,
  case when temporary_field is not null then json_build_object('field', temporary_field, 'value', temporary_value) end as temporary,
  style, service, tspec, refresh_period_ms, established_at, closed_at, cause, replaces, changed_at, stream, revision,
  established_position as first_position, position as last_position
from projection.sessions;
comment on view qos.sessions is 'Every QoS session, released ones too, as it is or was last.';
comment on column qos.sessions.state is 'As in flow_table, or released.';
comment on column qos.sessions.requested is 'Requested flow id: the flow with the care-of address in place of the home address.';
comment on column qos.sessions.closed_at is 'When its last leg was released.';
comment on column qos.sessions.cause is 'Why it was released.';
comment on column qos.sessions.replaces is 'The session that this one took over from (ESP rekey).';
comment on column qos.sessions.first_position is 'Ledger position of its first configuration.';
comment on column qos.sessions.last_position is 'Ledger position of its last change.';

create view qos.session_legs as
select session_id, foreign_agent, care_of_address, effective,
  case when temporary_field is not null then json_build_object('field', temporary_field, 'value', temporary_value) end as temporary,
  matched, started_at, ended_at, cause, quarantined_until, started_position, ended_position
from projection.session_legs;
comment on view qos.session_legs is 'The legs of every session: where it was, with which effective id, from when to when.';
comment on column qos.session_legs.matched is 'What its requested id overlapped when it came.';
comment on column qos.session_legs.quarantined_until is 'The released id is not used again before; null: it passed to another session.';

create view qos.registrations as
select mobile_node, foreign_agent, care_of_address, home_agent, home_address, state, flags, identification, granted_lifetime_seconds, expires_at,
  code, code_name, accepted_at, renewed_at, ended_at, cause, revision, position
from projection.registrations;
comment on view qos.registrations is 'Bindings of mobile nodes, active and ended.';
comment on column qos.registrations.identification is 'The 64-bit Identification of RFC 5944 as decimal text.';
comment on column qos.registrations.expires_at is 'Null: infinite.';
comment on column qos.registrations.cause is 'Why it ended.';

create view qos.mobile_nodes as
select mobile_node, home_address, home_agent, first_seen_at, changed_at, revision, position from projection.mobile_nodes;
comment on view qos.mobile_nodes is 'Every mobile node that was heard of.';

create view qos.foreign_agents as
select foreign_agent, name, provisioned, learned_from, care_of_addresses, pools, policy, changed_at, revision, position
from projection.foreign_agents where removed_at is null;
comment on view qos.foreign_agents is 'Foreign agents, provisioned or learned.';
comment on column qos.foreign_agents.pools is 'Ranges of temporary flow ids per field, for each scope; null: the defaults.';
comment on column qos.foreign_agents.policy is 'Null: the defaults.';

create view qos.collisions as
select session_id, foreign_agent, care_of_address, mobile_node, matched_session_id, matched_mobile_node, matched_state, matched_effective,
  temporary_field, temporary_value, allocated_by, choice, occurred_at, position
from projection.collisions;
comment on view qos.collisions is 'Every match: who came, what it overlapped, what was allocated.';
comment on column qos.collisions.matched_state is 'live, or quarantined: a released id.';
comment on column qos.collisions.matched_effective is 'The id that the requested one overlapped.';

create view qos.temporary_flow_ids as
select foreign_agent, care_of_address, temporary_field as field, temporary_value as value, 'allocated' as state, session_id, mobile_node,
  established_at as since, null::timestamptz as quarantined_until
from projection.flow_table where to_position is null and temporary_field is not null
union all
select foreign_agent, care_of_address, temporary_field, temporary_value, 'quarantined', session_id, mobile_node, null, quarantined_until
from projection.quarantines where to_position is null and temporary_field is not null;
comment on view qos.temporary_flow_ids is 'Values that have an owner or are in quarantine.';

create view qos.events as
select position, stream, revision, type, id, recorded_at, data::json as data, metadata::json as metadata from ledger.events;
comment on view qos.events is 'The ledger itself.';
