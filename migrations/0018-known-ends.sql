-- What was given once, a revision of a stream or a position of the log, is never given again, also where somebody with every privilege took
-- the end of a stream or of the log away.

-- The way into the log of the servers: ledger.append, for whoever knows of an event that stands in the log (null: of none). Where it
-- stands there no more, nothing is appended: what is missing may be all of the end, and would be written over.
create function ledger.append_behind(
  known_position bigint, known_id uuid,
  streams text[], expected bigint[], sizes integer[], earlier integer[],
  request integer[], ids uuid[], types text[], data text[], metadata text[],
  out verdicts integer[], out revisions bigint[], out positions bigint[], out head_before bigint, out written_at text
) language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '3s'
as $$
begin
  -- The lock of ledger.append. Before the look, so that an import or a mirror under way is over.
  perform pg_advisory_xact_lock(119182731994482);
  if known_position is not null
    and (select e.id from ledger.events e where e.position = append_behind.known_position) is distinct from known_id then
    raise exception 'the event at position % is missing, or another one is there', known_position using errcode = 'QL001';
  end if;
  select a.verdicts, a.revisions, a.positions, a.head_before, a.written_at
    into append_behind.verdicts, append_behind.revisions, append_behind.positions, append_behind.head_before, append_behind.written_at
    from ledger.append(append_behind.streams, append_behind.expected, append_behind.sizes, append_behind.earlier, append_behind.request,
      append_behind.ids, append_behind.types, append_behind.data, append_behind.metadata) a;
end $$;
revoke all on function ledger.append_behind(bigint, uuid, text[], bigint[], integer[], integer[], integer[], uuid[], text[], text[], text[]) from public;

-- One row a stream, so that a fold that begins at nothing knows how far the stream went.
create table projection.stream_ends (
  stream text collate "C" primary key,
  revision bigint not null,
  position bigint not null
) with (fillfactor = 70);
comment on table projection.stream_ends is 'The last event of each stream that the read tables have read.';
comment on column projection.stream_ends.position is 'Of that event, in the ledger.';
insert into projection.stream_ends (stream, revision, position)
  select c.stream, max(c.last_revision), max(c.position) from projection.commands c group by c.stream;
