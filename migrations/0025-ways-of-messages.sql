-- Two next hops may send the same bytes to one router within a second: a reservation is told from another's by the way that it came.

alter table ledger.observed_messages add column way text collate "C" not null default '';
alter table ledger.observed_messages drop constraint observed_messages_key;
alter table ledger.observed_messages add constraint observed_messages_key primary key (digest, observed_ms, stream, way);
comment on column ledger.observed_messages.way is 'Of a RESV or ResvTear its RSVP_HOP and the node that it was sent to; empty: of another message, or told by an older version.';
