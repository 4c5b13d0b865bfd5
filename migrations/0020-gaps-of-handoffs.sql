-- The gap of a handoff whose event has none, since a session waited for its id or the handoff was rolled back, is told by the legs that it made.

create or replace view qos.handoffs as
select h.handoff_id, h.mobile_node, h.kind, h.cause, h.state, h."from", h."to", h.to_foreign_agent, h.to_care_of_address, h.old_legs, h.if_refused, h.deadline, h.supersedes,
  h.superseded_by, h.reason, h.detail, h.started_at, h.committed_at, h.ended_at, h.configured, h.degraded, h.released, h.orphaned,
  case
    when h.gap_ms is not null or h.state not in ('completed', 'rolled-back') then h.gap_ms
    else (
      select case when not bool_or(m.ended_at is null and m.state = 'degraded') then coalesce(max(g.gap_ms), 0) end
      from projection.session_legs m
      -- Without the offset all legs of all sessions would be looked at.
      cross join lateral (select l.gap_ms from qos.session_legs l where l.session_id = m.session_id and l.started_position = m.started_position offset 0) g
      where m.handoff_id = h.handoff_id)
  end as gap_ms,
  h.changed_at, h.revision, h.position
from projection.handoffs h;
comment on column qos.handoffs.gap_ms is 'Milliseconds: the longest that a session had no leg, from the end of one to the next; 0 where the new one came first or the old one was only orphaned; null before the completion, while a session waits for its id, and of one that was rolled back and had made no leg.';
