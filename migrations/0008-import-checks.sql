-- What was copied in is checked by walks along the indexes of the new events alone: the sorts of before grew with the log.
create or replace function ledger.finish_import(after bigint) returns bigint language plpgsql volatile
  set search_path = pg_catalog, pg_temp
  -- The log has no statistics while it is being filled.
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  head bigint;
  bad bigint;
begin
  select e.position into head from ledger.events e order by e.position desc limit 1;
  if head is null or head = after then
    return after;
  end if;
  select min(o.position) into bad from (
    select e.position, e.recorded_at, lag(e.position, 1, finish_import.after) over w as before, lag(e.recorded_at) over w as before_at
    from ledger.events e where e.position >= finish_import.after window w as (order by e.position)) o
  where o.position > finish_import.after and (o.position <> o.before + 1 or o.recorded_at < o.before_at);
  if bad is not null then
    raise exception 'the event at position % does not follow the one before it', bad using errcode = 'integrity_constraint_violation';
  end if;
  -- Revisions from 0 without gap, in the order of positions: each has its predecessor, and has it before itself.
  select min(e.position) into bad from ledger.events e
  where e.position > finish_import.after and (e.revision < 0 or (e.revision > 0 and not exists (
    select from ledger.events p where p.stream = e.stream and p.revision = e.revision - 1 and p.position < e.position)));
  if bad is not null then
    raise exception 'the event at position % is not the next one of its stream', bad using errcode = 'integrity_constraint_violation';
  end if;
  perform pg_notify('ledger', head::text);
  return head;
end $$;
