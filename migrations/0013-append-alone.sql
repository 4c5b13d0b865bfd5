-- As before (0001-log.sql), and cheaper for an append that is alone in its call. Two answers more, by which whoever appended can give its
-- own subscribers what it wrote without reading it again: head_before, the last position before this call, and written_at, the time of
-- the events that this call wrote (RFC 3339; null: it wrote none). An append with verdict 1 and a position up to head_before is a repeat.
drop function ledger.append;
create function ledger.append(
  streams text[], expected bigint[], sizes integer[], earlier integer[],
  request integer[], ids uuid[], types text[], data text[], metadata text[],
  out verdicts integer[], out revisions bigint[], out positions bigint[], out head_before bigint, out written_at text
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
  if appends = 1 then
    -- Nobody shares the commit: one statement in place of the many below, whose expressions are prepared anew in every transaction.
    with newest as materialized (
      select e.position, e.recorded_at from ledger.events e order by e.position desc limit 1
    ), place as materialized (
      select coalesce((select n.position from newest n), 0) as head,
        greatest(date_trunc('milliseconds', clock_timestamp()), (select n.recorded_at from newest n)) as now
      where append.expected[1] = coalesce((select e.revision from ledger.events e where e.stream = append.streams[1] order by e.revision desc limit 1), -1)
    ), written as (
      insert into ledger.events (position, revision, recorded_at, id, stream, type, data, metadata)
      select p.head + e.place, append.expected[1] + e.place, p.now, e.id, append.streams[1], e.type, e.data, e.metadata
      from place p cross join unnest(append.ids, append.types, append.data, append.metadata) with ordinality e(id, type, data, metadata, place)
      returning events.position
    )
    select count(*), max(p.head), max(p.now) into place, head_before, head_at from place p cross join written w;
    if place > 0 then
      verdicts := array[1];
      revisions := array[append.expected[1] + place];
      positions := array[head_before + place];
      written_at := to_char(head_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
      perform pg_notify('ledger', (head_before + place)::text);
      return;
    end if;
  end if;
  -- Each statement from here on has its own snapshot, taken under the lock. No counter row: it would bloat under any old snapshot.
  select e.position, e.recorded_at into head, head_at from ledger.events e order by e.position desc limit 1;
  head := coalesce(head, 0);
  head_before := head;
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

  if head > head_before then
    written_at := to_char(head_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
    perform pg_notify('ledger', head::text);
  end if;
end $$;
