-- A key belongs to the command that came with it first, from before it is decided: on every server, and while the read tables are behind.

create unlogged table ledger.command_claims (
  command_id uuid primary key,
  body_digest text not null,
  claimed_at timestamptz not null default now()
);
create index command_claims_claimed_at on ledger.command_claims (claimed_at);
comment on table ledger.command_claims is 'Commands with an Idempotency-Key that are under way, or were lately. Unlogged: with a crash of PostgreSQL whatever is under way ends.';

alter table ledger.command_answers add column for_ever boolean not null default false;
comment on table ledger.command_answers is
  'Answers to commands with an Idempotency-Key that appended nothing, refusals included; kept 24 hours. For ever: those of what appended to several streams, which their events alone do not tell whole.';
