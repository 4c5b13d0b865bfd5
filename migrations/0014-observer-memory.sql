create table ledger.observer_memory (
  only_one boolean primary key default true check (only_one),
  ended_ms bigint not null,
  memory text not null
);
comment on table ledger.observer_memory is 'What the observer of the last capture knew from its frames alone, for the next file of it. May be emptied at any time.';
comment on column ledger.observer_memory.ended_ms is 'Time of the capture''s last frame, milliseconds since 1970.';
comment on column ledger.observer_memory.memory is 'Advertised sequence numbers, hardware addresses, what waits for an answer, scopes and nodes; JSON text.';
