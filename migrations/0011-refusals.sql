-- Refusals are no events: they are counted beside the log, one row an agent and reason, so that no flood of them can grow anything.
create table ledger.refusals (
  id bigint generated always as identity primary key,
  foreign_agent text collate "C" not null,
  kind text collate "C" not null,
  reason text collate "C" not null,
  code integer not null,
  count bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  last_example json not null,
  constraint refusals_key unique (foreign_agent, kind, reason, code)
) with (fillfactor = 50);
comment on table ledger.refusals is 'What was refused, or seen to break a rule, per foreign agent and reason, with the last example of each.';
comment on column ledger.refusals.foreign_agent is 'Empty: an agent that nobody knows.';
comment on column ledger.refusals.code is 'Of a denied registration (RFC 5944 §3.4); 0: none.';

create view qos.refusals as
select nullif(foreign_agent, '') as foreign_agent, kind, reason, nullif(code, 0) as code, count, first_at, last_at, last_example
from ledger.refusals;
comment on view qos.refusals is 'What was refused, or seen to break a rule, per foreign agent and reason, with the last example of each.';
comment on column qos.refusals.foreign_agent is 'Foreign agent; direct where there is none, null where nobody knows it.';
comment on column qos.refusals.kind is 'refusal: the rules refused it. violation: it was seen all the same.';
comment on column qos.refusals.reason is 'Name of the refusal or of the violation.';
comment on column qos.refusals.code is 'Code of a denied registration (RFC 5944); null: none.';
comment on column qos.refusals.count is 'How often.';
comment on column qos.refusals.first_at is 'When it was first decided.';
comment on column qos.refusals.last_at is 'When it was decided last.';
comment on column qos.refusals.last_example is 'The last one: {command, mobileNode, detail, facts}.';
