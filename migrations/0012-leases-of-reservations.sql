-- What a lease was at a past position is read from the log: a table of every extension grew with it.
drop table projection.lease_extensions;
create index events_lease_extensions on ledger.events (stream, position) where type = 'LeasesExtended';

alter table projection.flow_table add column reservation_expires_at timestamptz;
comment on column projection.flow_table.reservation_expires_at is 'The reservation''s own lease as of from_position, where path and reservation were seen apart.';
alter table projection.leases alter column expires_at drop not null, add column reservation_expires_at timestamptz;
comment on column projection.leases.reservation_expires_at is 'The reservation''s own lease, where that was extended.';
comment on table projection.flow_table is
  'One row per leg and version. A lease or a registration that is renewed makes no new version (a million flows every minute): those stand in leases and visitors (those of the past in the log), and expires_at, reservation_expires_at and registration_expires_at are as of from_position.';
comment on table projection.session_events is 'Which events of the log a session is named in, but for LeasesExtended, which are looked for in the log.';

create or replace view qos.flow_table as
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
  f.established_at, f.changed_at, f.revision, f.from_position as position,
  coalesce(l.reservation_expires_at, f.reservation_expires_at) as reservation_expires_at
from projection.flow_table f
left join projection.leases l on l.session_id = f.session_id and l.foreign_agent = f.foreign_agent and l.care_of_address = f.care_of_address
left join projection.visitors v
  on v.foreign_agent = f.foreign_agent and v.care_of_address = f.care_of_address and v.mobile_node = f.mobile_node and v.to_position is null
where f.to_position is null;
comment on column qos.flow_table.reservation_expires_at is
  'When the reservation ends unless it is refreshed, where it has a lease beside its path; the session is path-only then. Null: expires_at is all there is.';
