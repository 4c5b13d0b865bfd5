-- When a server of this ledger was last alive, and the times in which none was: soft state that could not be refreshed gets one more L.

create table ledger.heartbeat (
  is_it boolean primary key default true check (is_it),
  beat_ms bigint not null
);
comment on table ledger.heartbeat is 'One row: milliseconds since 1970 at which any server said last that it runs.';

create table ledger.gaps (
  from_ms bigint not null,
  to_ms bigint not null,
  cause text collate "C" not null check (cause in ('outage', 'clock-jump')),
  primary key (from_ms, to_ms)
);
comment on table ledger.gaps is 'Times without a server, or that the clock of one skipped, in milliseconds since 1970. Each scope records what it makes of them.';
