-- With EventStoreDB as the log, ledger.events is its mirror: the same events in the same order, each with a dense position. What is
-- here can be made again from the node at any time, and gets the same positions.
create table ledger.mirrored (
  position bigint not null,
  commit_position bigint not null,
  constraint mirrored_position primary key (position)
);
comment on table ledger.mirrored is 'Where each event of ledger.events stands in EventStoreDB; empty where PostgreSQL itself is the log.';
comment on column ledger.mirrored.position is 'Place in the ledger, as in ledger.events.';
comment on column ledger.mirrored.commit_position is 'Commit position in $all of EventStoreDB: rising, not dense.';

create trigger append_only before update or delete or truncate on ledger.mirrored
  for each statement execute function ledger.refuse_change();
alter table ledger.mirrored enable always trigger append_only;

-- How far the mirror is: position and commit position of its last event, 0 and null for none. An event without a commit position is
-- PostgreSQL's own, so that the log is no mirror.
create function ledger.mirror_end(out head bigint, out head_commit bigint) language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  select e.position into head from ledger.events e order by e.position desc limit 1;
  head := coalesce(head, 0);
  select m.commit_position into head_commit from ledger.mirrored m where m.position = head;
  if head > 0 and head_commit is null then
    raise exception 'the event at position % was appended to PostgreSQL itself: this log is no mirror', head using errcode = 'object_not_in_prerequisite_state';
  end if;
end $$;

-- Takes over what stands in EventStoreDB behind `after` (null: the beginning), an element an event, in the order of $all; answers the
-- last position. A writer that is not at the end of the mirror, because another one wrote meanwhile, is refused: no gap and no repeat,
-- however many write.
create function ledger.mirror(
  after bigint, commits bigint[], streams text[], revisions bigint[], created_ms bigint[], ids uuid[], types text[], data text[], metadata text[]
) returns bigint language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '3s'
as $$
declare
  head bigint;
  head_commit bigint;
  head_at timestamptz;
begin
  -- What a crash of the server takes from the mirror, the node gives again, with the same positions.
  perform set_config('synchronous_commit', 'off', true);
  -- The lock of ledger.append: no subscriber sees a position before every lower one.
  perform pg_advisory_xact_lock(119182731994482);
  select * into head, head_commit from ledger.mirror_end();
  if head_commit is distinct from after then
    raise exception 'the mirror ends at commit position %, not at %: another server writes it', head_commit, after using errcode = 'serialization_failure';
  end if;
  select e.recorded_at into head_at from ledger.events e where e.position = head;
  -- Nodes have clocks of their own: the time of an event never falls below that of the one before it.
  insert into ledger.events (position, revision, recorded_at, id, stream, type, data, metadata)
  select head + c.place, c.revision,
    greatest(head_at, max(to_timestamp(c.created_ms / 1000.0)) over (order by c.place rows unbounded preceding)), c.id, c.stream, c.type, c.data, c.metadata
  from unnest(mirror.streams, mirror.revisions, mirror.created_ms, mirror.ids, mirror.types, mirror.data, mirror.metadata) with ordinality
    c(stream, revision, created_ms, id, type, data, metadata, place);
  insert into ledger.mirrored (position, commit_position)
  select head + c.place, c.commit_position from unnest(mirror.commits) with ordinality c(commit_position, place);
  head := head + cardinality(commits);
  perform pg_notify('ledger', head::text);
  return head;
end $$;

-- For those whose last event is in the mirror: its position, and a digest of what is stored from revision `first` to `last`, which the
-- appender compares with what it sent (null where first > last). The others are left out.
create function ledger.mirrored_appends(streams text[], firsts bigint[], lasts bigint[])
returns table (place bigint, "position" bigint, digest text) language plpgsql stable rows 100
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
begin
  return query
  select w.place, l.position, d.digest
  from unnest(mirrored_appends.streams, mirrored_appends.firsts, mirrored_appends.lasts) with ordinality w(stream, first, last, place)
  join ledger.events l on l.stream = w.stream and l.revision = w.last
  cross join lateral (
    select encode(sha256(convert_to(string_agg(
      e.id || ' ' || octet_length(e.type) || ' ' || octet_length(e.data) || ' ' || e.type || e.data, '' order by e.revision), 'UTF8')), 'hex') as digest
    from ledger.events e where e.stream = w.stream and e.revision between w.first and w.last
  ) d;
end $$;

-- Its holder mirrors; the session's end frees it. Answers whether somebody was there to be ended: one that holds the lock and has
-- stopped to work (paused, cut off from the node) must not keep the others from it.
create function ledger.end_mirror_holder() returns boolean language sql volatile
  set search_path = pg_catalog, pg_temp
as $$
  select coalesce(bool_or(pg_terminate_backend(l.pid)), false) from pg_locks l
  where l.locktype = 'advisory' and l.database = (select d.oid from pg_database d where d.datname = current_database())
    and (l.classid::bigint << 32) + l.objid::bigint = 119182731994483 and l.objsubid = 1 and l.granted and l.pid <> pg_backend_pid()
$$;

revoke all on ledger.mirrored from public;
revoke all on all functions in schema ledger from public;
revoke update, delete, truncate on ledger.mirrored from current_user;
