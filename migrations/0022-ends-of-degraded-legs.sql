-- A degraded leg that got its id was ended without a cause.

create or replace view qos.session_legs as
select session_id, foreign_agent, care_of_address, effective,
  case when temporary_field is not null then json_build_object('field', temporary_field, 'value', temporary_value) end as temporary,
  matched, started_at, ended_at,
  case when ended_at is not null and effective is null then coalesce(cause, 'configured') else cause end as cause,
  quarantined_until, started_position, ended_position,
  case when ended_at is null then state else 'ended' end as state, handoff_id,
  case
    when effective is null or lag(started_position) over held is null then null
    else greatest(0, coalesce(extract(epoch from started_at - lag(ended_at) over held) * 1000, 0))::bigint
  end as gap_ms
from projection.session_legs
window held as (partition by session_id, effective is null order by started_position);
comment on column qos.session_legs.cause is 'Why it ended; configured: the degraded leg got its id there, and another one begins. Null: it stands.';
