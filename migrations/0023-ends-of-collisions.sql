-- A collision tells until when what was allocated was in use.

create or replace view qos.collisions as
select c.session_id, c.foreign_agent, c.care_of_address, c.mobile_node, c.matched_session_id, c.matched_mobile_node, c.matched_state, c.matched_effective,
  c.temporary_field, c.temporary_value, c.allocated_by, c.choice, c.occurred_at, c.position,
  -- The leg begins with the allocation's append.
  (select l.ended_at from projection.session_legs l
   where l.session_id = c.session_id and l.foreign_agent = c.foreign_agent and l.care_of_address = c.care_of_address and l.started_position >= c.position
   order by l.started_position limit 1) as until
from projection.collisions c;
comment on view qos.collisions is 'Every match: who came, what it overlapped, what was allocated, until when.';
comment on column qos.collisions.until is 'When the session that came ended there, and gave its id back into quarantine; null: it stands.';
