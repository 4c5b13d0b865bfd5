-- An orphaned leg ends with its lease, or with the binding that its node left: whichever is first.

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
  f.style, f.service, f.tspec, f.refresh_period_ms, least(coalesce(l.expires_at, f.expires_at), f.orphaned_until) as expires_at,
  case when v.mobile_node is null then f.registration_expires_at else v.expires_at end as registration_expires_at,
  f.established_at, f.changed_at, f.revision, f.from_position as position,
  coalesce(l.reservation_expires_at, f.reservation_expires_at) as reservation_expires_at
from projection.flow_table f
left join projection.leases l on l.session_id = f.session_id and l.foreign_agent = f.foreign_agent and l.care_of_address = f.care_of_address
left join projection.visitors v
  on v.foreign_agent = f.foreign_agent and v.care_of_address = f.care_of_address and v.mobile_node = f.mobile_node and v.to_position is null
where f.to_position is null;
comment on column qos.flow_table.expires_at is
  'When the soft state ends unless it is refreshed; of an orphaned leg when it ends at the latest, if that is before. Null: with the registration.';
