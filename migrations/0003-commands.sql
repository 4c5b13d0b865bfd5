-- Beside the log: what must be known again and is no event.

create table ledger.command_answers (
  command_id uuid primary key,
  body_digest text not null,
  answer text not null,
  answered_at timestamptz not null default now()
);
create index command_answers_answered_at on ledger.command_answers (answered_at);
comment on table ledger.command_answers is 'Answers to commands with an Idempotency-Key that appended nothing, refusals included; kept 24 hours.';
comment on column ledger.command_answers.body_digest is 'SHA-256 of method, path and body: the same key with another digest is refused.';
comment on column ledger.command_answers.answer is 'The outcome, JSON text.';

create table ledger.observed_messages (
  digest bytea not null,
  observed_ms bigint not null,
  stream text collate "C" not null,
  constraint observed_messages_key primary key (digest, observed_ms, stream)
);
comment on table ledger.observed_messages is 'Messages that captures showed, so that the same message on another link or in another file is a repeat.';
comment on column ledger.observed_messages.digest is 'First 16 bytes of the SHA-256 of the message without what differs from link to link.';
comment on column ledger.observed_messages.observed_ms is 'Time of the frame, milliseconds since 1970.';

create table ledger.captures (
  capture_id text primary key,
  state text not null,
  report text not null,
  ingested_at timestamptz not null default now()
);
comment on table ledger.captures is 'Reports of ingested captures.';
comment on column ledger.captures.capture_id is 'SHA-256 of the file, hex.';
comment on column ledger.captures.report is 'What the ingest came to, JSON text.';

create table ledger.process_checkpoints (
  process text primary key,
  position bigint not null
);
comment on table ledger.process_checkpoints is 'How far a process that reacts to events has come in the ledger.';
comment on column ledger.observed_messages.stream is 'Whose it was: two nodes with the same home address may receive the same bytes.';
