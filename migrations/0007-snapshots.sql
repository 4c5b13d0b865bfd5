-- A cache: may be emptied at any time.
create table projection.snapshots (
  stream text collate "C" not null,
  version integer not null,
  revision bigint not null,
  position bigint not null,
  state text not null,
  primary key (stream, version)
);
comment on table projection.snapshots is 'Folded states of long streams, so that a cold fold reads only what came behind. A cache, deletable at any time.';
comment on column projection.snapshots.version is 'Version of the fold that made it; others are left aside.';
comment on column projection.snapshots.revision is 'Of the last event folded into it.';
comment on column projection.snapshots.position is 'Ledger position of that event''s append.';
