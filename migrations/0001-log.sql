-- The log. The table is not the interface: ledger.append is the only way in, nothing leaves, nothing changes.
create schema if not exists ledger;

create table ledger.events (
  position bigint not null,
  revision bigint not null,
  recorded_at timestamptz not null,
  id uuid not null,
  stream text collate "C" not null,
  type text collate "C" not null,
  data text not null,
  metadata text not null,
  constraint events_position primary key (position),
  constraint events_stream_revision unique (stream, revision)
);
-- No index on id: random keys cost ten times the WAL after a checkpoint. The expected revision tells where known ids stand.
create index events_category_position on ledger.events (split_part(stream, '-', 1), position);
create index events_type_position on ledger.events (type, position);

comment on table ledger.events is 'Every event of the ledger. Append-only: written by ledger.append alone.';
comment on column ledger.events.position is 'Place in the ledger: dense, rising, from 1.';
comment on column ledger.events.revision is 'Index of the event in its stream, from 0.';
comment on column ledger.events.recorded_at is 'When the ledger took the event; milliseconds; never falls while the position rises.';
comment on column ledger.events.data is 'Canonical JSON text, verbatim.';
comment on column ledger.events.metadata is 'Canonical JSON text of a flat string to string map, verbatim.';

-- Owners and superusers have every privilege that they want; a trigger that always fires stops them as well.
create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'ledger.events is append-only: % is refused', tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete or truncate on ledger.events
  for each statement execute function ledger.refuse_change();
alter table ledger.events enable always trigger append_only;

-- Group commit: n appends that do not know of each other, each with a verdict of its own, in one transaction and one round trip.
--
-- streams, expected (-1: no stream), sizes (events) and earlier (index of the nearest earlier append to the same stream in this
-- call, 0 for none) have an element an append; request (index of its append) and what follows have an element an event.
--
-- Answers per append: verdict 1 with revision and position of its last event, now or at the first time (an empty append: of the
-- stream's last event, -1 and 0 for none); verdict 0, wrong expected revision, with the stream's last revision, -1 for none;
-- verdict -1, other type or data under the same ids, with the first revision that differs.
create function ledger.append(
  streams text[], expected bigint[], sizes integer[], earlier integer[],
  request integer[], ids uuid[], types text[], data text[], metadata text[],
  out verdicts integer[], out revisions bigint[], out positions bigint[]
) language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  -- Less than the caller's own time-out, so that the refusal (nothing written) comes before it.
  set lock_timeout = '3s'
  -- Plans are made when the log may still be empty and kept while it grows: only the indexes are ever right.
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  appends constant integer := cardinality(streams);
  head bigint;
  head_at timestamptz;
  ends bigint[];                       -- last revision of the append's stream, after the append once it is judged
  position_base bigint[];              -- position of an accepted append's event = base + its place among all events of the call
  revision_base bigint[];
  place integer := 0;                  -- events of the appends before this one
  written integer := 0;                -- appends whose events are in the table
  old_head bigint;
  answer record;
begin
  -- Under a snapshot taken before the lock, the last position would be another writer's: refuse rather than lose to a key error.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'ledger.append needs isolation level read committed' using errcode = 'invalid_transaction_state';
  end if;
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;

  -- Held to the end of the commit: a position is visible only when every lower one is. 'ledger' as a number.
  perform pg_advisory_xact_lock(119182731994482);
  -- Each statement from here on has its own snapshot, taken under the lock. No counter row: it would bloat under any old snapshot.
  select e.position, e.recorded_at into head, head_at from ledger.events e order by e.position desc limit 1;
  head := coalesce(head, 0);
  old_head := head;
  head_at := greatest(date_trunc('milliseconds', clock_timestamp()), head_at);
  select array_agg(coalesce((select e.revision from ledger.events e where e.stream = s.stream order by e.revision desc limit 1), -1) order by s.n)
    into ends from unnest(streams) with ordinality s(stream, n);

  verdicts := array_fill(0, array[appends]);
  revisions := ends;
  positions := array_fill(0::bigint, array[appends]);
  position_base := array_fill(null::bigint, array[appends]);
  revision_base := position_base;

  for i in 1..appends loop
    if earlier[i] > 0 then
      ends[i] := ends[earlier[i]];
      revisions[i] := ends[i];
    end if;
    if expected[i] = ends[i] and sizes[i] > 0 then
      position_base[i] := head - place;
      revision_base[i] := ends[i] - place;
      head := head + sizes[i];
      ends[i] := ends[i] + sizes[i];
      verdicts[i] := 1;
      revisions[i] := ends[i];
      positions[i] := head;
    elsif expected[i] = ends[i] or (sizes[i] > 0 and expected[i] + sizes[i] <= ends[i]) then
      -- An empty append, or one that may be a repeat: seldom. What it is compared with may be in this call.
      if earlier[i] > written then
        perform ledger.write(written + 1, i - 1, head_at, streams, position_base, revision_base, request, ids, types, data, metadata);
        written := i - 1;
      end if;
      select * into answer from ledger.first_answer(streams[i], expected[i], ends[i], ids[place + 1 : place + sizes[i]],
          types[place + 1 : place + sizes[i]], data[place + 1 : place + sizes[i]]);
      verdicts[i] := answer.verdict;
      revisions[i] := answer.at_revision;
      positions[i] := answer.at_position;
    end if;
    place := place + sizes[i];
  end loop;
  perform ledger.write(written + 1, appends, head_at, streams, position_base, revision_base, request, ids, types, data, metadata);

  if head > old_head then
    perform pg_notify('ledger', head::text);
  end if;
end $$;

-- The events of the accepted ones among the appends first_append to last_append.
create function ledger.write(
  first_append integer, last_append integer, recorded_at timestamptz,
  streams text[], position_base bigint[], revision_base bigint[],
  request integer[], ids uuid[], types text[], data text[], metadata text[]
) returns void language plpgsql volatile as $$
begin
  insert into ledger.events (position, revision, recorded_at, id, stream, type, data, metadata)
  select position_base[e.request] + e.place, revision_base[e.request] + e.place, write.recorded_at, e.id, streams[e.request], e.type, e.data, e.metadata
  from unnest(write.request, write.ids, write.types, write.data, write.metadata) with ordinality e(request, id, type, data, metadata, place)
  where e.request between first_append and last_append and position_base[e.request] is not null;
end $$;

-- The answer to an append that writes nothing, as described at ledger.append.
create function ledger.first_answer(
  stream text, expected bigint, stream_end bigint, ids uuid[], types text[], data text[],
  out verdict integer, out at_revision bigint, out at_position bigint
) language plpgsql stable as $$
declare
  same_ids bigint;
  differs_at bigint;
begin
  select count(*) filter (where e.id = a.id), min(e.revision) filter (where e.type <> a.type or e.data <> a.data), coalesce(max(e.position), 0)
    into same_ids, differs_at, at_position
    from unnest(first_answer.ids, first_answer.types, first_answer.data) with ordinality a(id, type, data, place)
    join ledger.events e on e.stream = first_answer.stream and e.revision = first_answer.expected + a.place;
  if cardinality(ids) = 0 then
    verdict := 1;
    at_revision := stream_end;
    at_position := coalesce((select e.position from ledger.events e where e.stream = first_answer.stream and e.revision = stream_end), 0);
  elsif same_ids < cardinality(ids) then
    verdict := 0;
    at_revision := stream_end;
  elsif differs_at is not null then
    verdict := -1;
    at_revision := differs_at;
  else
    verdict := 1;
    at_revision := expected + same_ids;
  end if;
end $$;

-- First revision of a stream whose position is greater than the given one (one past the last where there is none): positions
-- rise with revisions, so a search by halves over the index finds it.
create function ledger.first_revision_behind(stream text, after bigint) returns bigint language plpgsql stable as $$
declare
  low bigint := 0;
  high bigint := 1 + coalesce((select e.revision from ledger.events e where e.stream = first_revision_behind.stream order by e.revision desc limit 1), -1);
  middle bigint;
begin
  while low < high loop
    middle := (low + high) / 2;
    if (select e.position from ledger.events e where e.stream = first_revision_behind.stream and e.revision = middle) > after then
      high := middle;
    else
      low := middle + 1;
    end if;
  end loop;
  return low;
end $$;

-- A page of a read: events beyond `bound` (exclusive) in the direction of the read, at most `events` of them, ending with the one that
-- makes `bytes` full. `bound` is a revision where a stream is given and a position otherwise. `size` sums data and metadata so far.
create function ledger.page(
  stream text, category text, types text[], backwards boolean, bound bigint, events integer, bytes bigint
) returns table (
  "position" bigint, in_stream text, revision bigint, id uuid, type text, data text, metadata text, recorded_at text, size bigint
) language plpgsql stable rows 500
  set search_path = pg_catalog, pg_temp
  -- A page is a walk along an index, also while there are no statistics yet: never a sort of all that is left to read.
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  key constant text := case when stream is null then 'position' else 'revision' end;
  beyond constant text := case when backwards then '<' else '>' end;
  way constant text := case when backwards then 'desc' else 'asc' end;
  walk text := format('select e.* from ledger.events e where e.%I %s $5', key, beyond);
begin
  if stream is not null then
    walk := walk || ' and e.stream = $1';
  end if;
  if category is not null then
    -- The expression of events_category_position.
    walk := walk || $and$ and split_part(e.stream, '-', 1) = $2$and$;
  end if;
  if cardinality(types) = 0 then
    return;
  elsif types is null then
    walk := format('%s order by e.%I %s limit $6', walk, key, way);
  else
    -- One walk a type: only equality lets events_type_position give the order as well, and only a literal lets the planner know
    -- a rare type from a common one.
    select format('select u.* from (%s) u order by u.%I %s limit $6', string_agg(format('(%s and e.type = %L order by e.%I %s limit $6)', walk, t.type, key, way), ' union all '), key, way)
      into walk from unnest(types) t(type);
  end if;
  return query execute format($page$
    select c.position, c.stream, c.revision, c.id, c.type, c.data, c.metadata,
      to_char(c.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), c.size
    from (
      select w.*, sum(octet_length(w.data) + octet_length(w.metadata)) over (order by w.%1$I %2$s rows unbounded preceding) as size
      from (%3$s) w
    ) c
    where c.size - octet_length(c.data) - octet_length(c.metadata) < $7
    order by c.%1$I %2$s
  $page$, key, way, walk) using stream, category, types, backwards, bound, events, bytes;
end $$;

-- Least privilege: who is given usage of the schema, select on the table and execute of append, page and first_revision_behind
-- can read everything, append, and nothing else.
revoke all on schema ledger from public;
revoke all on ledger.events from public;
revoke all on all functions in schema ledger from public;
revoke update, delete, truncate on ledger.events from current_user;
