-- The gap before a leg was counted from the end of the leg that began last before it, though an older one stood longer: as that of a handoff
-- that was rolled back.

create or replace view qos.session_legs as
select session_id, foreign_agent, care_of_address, effective,
  case when temporary_field is not null then json_build_object('field', temporary_field, 'value', temporary_value) end as temporary,
  matched, started_at, ended_at,
  case when ended_at is not null and effective is null then coalesce(cause, 'configured') else cause end as cause,
  quarantined_until, started_position, ended_position,
  case when ended_at is null then state else 'ended' end as state, handoff_id,
  case
    when effective is null or count(*) over before = 0 then null
    when bool_or(ended_at is null) over before then 0
    else greatest(0, extract(epoch from started_at - max(ended_at) over before) * 1000)
  end::bigint as gap_ms
from projection.session_legs
window before as (partition by session_id, effective is null order by started_position rows between unbounded preceding and 1 preceding);
