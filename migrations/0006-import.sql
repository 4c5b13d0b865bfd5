-- The second way into the log, beside ledger.append: a copy of another ledger's log, positions and times kept. In one transaction
-- the importer calls begin_import, copies events into ledger.events, and calls finish_import, which refuses what does not continue.

-- The last position, with the log locked against appends until the transaction ends.
create function ledger.begin_import() returns bigint language plpgsql volatile
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '3s'
as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'ledger.begin_import needs isolation level read committed' using errcode = 'invalid_transaction_state';
  end if;
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  -- The lock of ledger.append.
  perform pg_advisory_xact_lock(119182731994482);
  return coalesce((select e.position from ledger.events e order by e.position desc limit 1), 0);
end $$;

-- Positions behind `after` are dense, times never fall, revisions of each stream continue in the order of positions; else nothing of it stays.
create function ledger.finish_import(after bigint) returns bigint language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  head bigint;
  bad bigint;
begin
  select max(e.position) into head from ledger.events e;
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
  select min(o.position) into bad from (
    select e.position, e.revision, min(e.revision) over w as first_revision, row_number() over w - 1 as place, e.stream
    from ledger.events e where e.position > finish_import.after window w as (partition by e.stream order by e.position)) o
  where o.revision <> o.first_revision + o.place
    or (o.place = 0 and o.revision > 0 and not exists (
      select from ledger.events p where p.stream = o.stream and p.revision = o.revision - 1 and p.position <= finish_import.after))
    or (o.place = 0 and o.revision < 0);
  if bad is not null then
    raise exception 'the event at position % is not the next one of its stream', bad using errcode = 'integrity_constraint_violation';
  end if;
  perform pg_notify('ledger', head::text);
  return head;
end $$;

revoke all on function ledger.begin_import(), ledger.finish_import(bigint) from public;
