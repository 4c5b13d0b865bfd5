-- Handoffs and their steps, legs that are degraded or handed off, and a comment on every column that the outside reads.

alter table projection.flow_table add column orphaned_until timestamptz;
comment on column projection.flow_table.orphaned_until is 'Of an orphaned leg: when its agent learns of it at the latest; null: when its lease ends.';

alter table projection.session_legs
  add column state text collate "C",
  add column requested json,
  add column handoff_id uuid,
  add column changed_at timestamptz,
  add column revision bigint,
  add column position bigint;
-- Until now a session had one leg at a time, and its last one was the session's row.
update projection.session_legs l
set state = case when l.ended_at is null then s.state else 'live' end, requested = s.requested, changed_at = coalesce(l.ended_at, s.changed_at),
  revision = s.revision, position = coalesce(l.ended_position, s.position)
from projection.sessions s where s.session_id = l.session_id;
alter table projection.session_legs
  alter column state set not null,
  alter column requested set not null,
  alter column changed_at set not null,
  alter column revision set not null,
  alter column position set not null;
comment on column projection.session_legs.state is 'As it was last; live, path-only, orphaned or degraded.';
comment on column projection.session_legs.handoff_id is 'The handoff that made this leg; null where none did.';
create index session_legs_handoff on projection.session_legs (handoff_id) where handoff_id is not null;

create table projection.handoffs (
  handoff_id uuid primary key,
  mobile_node text collate "C" not null,
  kind text collate "C" not null,
  cause text collate "C" not null,
  state text collate "C" not null,
  "from" json not null,
  "to" json,
  to_foreign_agent text collate "C",
  to_care_of_address text collate "C",
  old_legs text collate "C" not null,
  if_refused text collate "C" not null,
  deadline timestamptz,
  supersedes uuid,
  superseded_by uuid,
  reason text collate "C",
  detail text,
  started_at timestamptz not null,
  committed_at timestamptz,
  ended_at timestamptz,
  configured integer,
  degraded integer,
  released integer,
  orphaned integer,
  gap_ms bigint,
  started_position bigint not null,
  changed_at timestamptz not null,
  revision bigint not null,
  position bigint not null
) with (fillfactor = 70);
comment on table projection.handoffs is 'How far each handoff has come, as the node''s stream tells.';
create unique index handoffs_started on projection.handoffs (started_position);
create index handoffs_mobile_node on projection.handoffs (mobile_node, started_position);
create unique index handoffs_active on projection.handoffs (mobile_node) where state in ('started', 'committed');

create table projection.handoff_steps (
  handoff_id uuid not null,
  position bigint not null,
  stream text collate "C" not null,
  revision bigint not null,
  foreign_agent text collate "C",
  care_of_address text collate "C",
  type text collate "C" not null,
  mobile_node text collate "C",
  session_id uuid,
  detail json not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (handoff_id, position)
);
comment on table projection.handoff_steps is
  'Every event of an append that was a step of a handoff, whatever its stream. What another node lost in the same append is no deed of the handoff: readers compare mobile_node.';

create view qos.handoffs as
select handoff_id, mobile_node, kind, cause, state, "from", "to", to_foreign_agent, to_care_of_address, old_legs, if_refused, deadline, supersedes, superseded_by,
  reason, detail, started_at, committed_at, ended_at, configured, degraded, released, orphaned, gap_ms, changed_at, revision, position
from projection.handoffs;
comment on view qos.handoffs is 'Every handoff: from where to where, how far it has come, and what became of the legs.';
comment on column qos.handoffs.handoff_id is 'Id of the handoff.';
comment on column qos.handoffs.mobile_node is 'Mobile node id.';
comment on column qos.handoffs.kind is 'make-before-break, break-before-make or return-home (deregistration).';
comment on column qos.handoffs.cause is 'registration (an accepted one elsewhere) or command.';
comment on column qos.handoffs.state is 'started, committed (the new legs count), completed, superseded by a later handoff, or rolled-back (the old legs stand).';
comment on column qos.handoffs."from" is 'Scopes that the node leaves: [{foreignAgent, careOfAddress, bindingExpiresAt}].';
comment on column qos.handoffs."to" is 'Scope that it goes to {foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt}; null: home.';
comment on column qos.handoffs.to_foreign_agent is 'Foreign agent that the node goes to; null: home.';
comment on column qos.handoffs.to_care_of_address is 'Care-of address that the node goes to; null: home.';
comment on column qos.handoffs.old_legs is 'release, or orphan: the old agent is not told and learns of it by expiry.';
comment on column qos.handoffs.if_refused is 'degrade, or roll-back: what becomes of the handoff where the new scope refuses a leg.';
comment on column qos.handoffs.deadline is 'When it is rolled back unless it was committed; null: it only goes forward.';
comment on column qos.handoffs.supersedes is 'The handoff that this one took the place of.';
comment on column qos.handoffs.superseded_by is 'The handoff that took the place of this one.';
comment on column qos.handoffs.reason is 'Why it was rolled back: deadline, leg-refused, binding-ended or target-withdrawn.';
comment on column qos.handoffs.detail is 'The same in a sentence.';
comment on column qos.handoffs.started_at is 'When it began.';
comment on column qos.handoffs.committed_at is 'The point of no return; null: not reached.';
comment on column qos.handoffs.ended_at is 'When it was completed, superseded or rolled back; null: it is active.';
comment on column qos.handoffs.configured is 'Sessions that have a leg in the new scope; null before the commit.';
comment on column qos.handoffs.degraded is 'Sessions that the new scope refused; null before the commit.';
comment on column qos.handoffs.released is 'Old legs that were released; null before the completion.';
comment on column qos.handoffs.orphaned is 'Old legs that were orphaned; null before the completion.';
comment on column qos.handoffs.gap_ms is 'Milliseconds between the last old leg and the first new one; 0 where the new ones came first; null before the completion.';
comment on column qos.handoffs.changed_at is 'Last change.';
comment on column qos.handoffs.revision is 'Revision of the last change in the node''s stream.';
comment on column qos.handoffs.position is 'Ledger position of the last change.';

create view qos.handoff_steps as
select s.handoff_id, row_number() over (partition by s.handoff_id order by s.position) as ordinal, s.position, s.stream, s.revision, s.foreign_agent,
  s.care_of_address, s.type, s.session_id, s.detail, s.occurred_at, s.recorded_at
from projection.handoff_steps s
join projection.handoffs h on h.handoff_id = s.handoff_id and (s.mobile_node is null or s.mobile_node = h.mobile_node);
comment on view qos.handoff_steps is 'Every event by which a handoff did something, in the order of the ledger.';
comment on column qos.handoff_steps.handoff_id is 'Id of the handoff.';
comment on column qos.handoff_steps.ordinal is 'Which step of the handoff it is, from 1 on.';
comment on column qos.handoff_steps.position is 'Ledger position of the event.';
comment on column qos.handoff_steps.stream is 'Stream of the event: the node''s, or that of an old or the new scope.';
comment on column qos.handoff_steps.revision is 'Revision of the event in its stream.';
comment on column qos.handoff_steps.foreign_agent is 'Foreign agent of the scope; null: the event is the node''s.';
comment on column qos.handoff_steps.care_of_address is 'Care-of address of the scope; null: the event is the node''s.';
comment on column qos.handoff_steps.type is 'Type of the event.';
comment on column qos.handoff_steps.session_id is 'The session that it is about; null: several, or none.';
comment on column qos.handoff_steps.detail is 'What else the event says.';
comment on column qos.handoff_steps.occurred_at is 'When it was decided; of an observed handoff the time of the frame.';
comment on column qos.handoff_steps.recorded_at is 'When it was written.';

create or replace view qos.session_legs as
select session_id, foreign_agent, care_of_address, effective,
  case when temporary_field is not null then json_build_object('field', temporary_field, 'value', temporary_value) end as temporary,
  matched, started_at, ended_at, cause, quarantined_until, started_position, ended_position,
  case when ended_at is null then state else 'ended' end as state, handoff_id,
  case
    when effective is null or lag(started_position) over held is null then null
    else greatest(0, coalesce(extract(epoch from started_at - lag(ended_at) over held) * 1000, 0))::bigint
  end as gap_ms
from projection.session_legs
window held as (partition by session_id, effective is null order by started_position);
comment on column qos.session_legs.session_id is 'Id of the QoS session.';
comment on column qos.session_legs.foreign_agent is 'Foreign agent of the scope.';
comment on column qos.session_legs.care_of_address is 'Care-of address of the scope.';
comment on column qos.session_legs.effective is 'Effective flow id there; null: the leg was refused and the session degraded.';
comment on column qos.session_legs.temporary is 'Temporary flow id {field, value}; null: the id was native, or there was none.';
comment on column qos.session_legs.started_at is 'When it was configured or refused.';
comment on column qos.session_legs.ended_at is 'When it ended; null: it stands.';
comment on column qos.session_legs.cause is 'Why it ended; null: it stands, or a degraded leg was configured after all.';
comment on column qos.session_legs.started_position is 'Ledger position of its begin.';
comment on column qos.session_legs.ended_position is 'Ledger position of its end.';
comment on column qos.session_legs.state is 'live, path-only, orphaned, degraded or ended.';
comment on column qos.session_legs.handoff_id is 'The handoff that made this leg; null where none did.';
comment on column qos.session_legs.gap_ms is 'Milliseconds since the last leg with an id ended; 0 where they overlapped; null for the first one and where there is no id.';

comment on column qos.sessions.session_id is 'Id of the QoS session; the same in all of its legs.';
comment on column qos.sessions.mobile_node is 'Mobile node id: its NAI, or homeAddress@homeAgent; null for a flow of no known node.';
comment on column qos.sessions.home_address is 'Home address of the mobile node.';
comment on column qos.sessions.home_agent is 'Home agent of the mobile node.';
comment on column qos.sessions.foreign_agent is 'Foreign agent of its present leg, or of its last one.';
comment on column qos.sessions.care_of_address is 'Care-of address of its present leg, or of its last one.';
comment on column qos.sessions.correspondent_node is 'Sender of the flow as it was asked for; null for SE and WF.';
comment on column qos.sessions.protocol is 'IP protocol number.';
comment on column qos.sessions.destination_port is 'Destination port as it was asked for.';
comment on column qos.sessions.source_port is 'Source port as it was asked for; null for SE and WF and where a label or an SPI takes its place.';
comment on column qos.sessions.flow_label is 'IPv6 flow label as it was asked for.';
comment on column qos.sessions.spi is 'Security parameters index of ESP or AH (RFC 2207).';
comment on column qos.sessions.senders is 'Senders of an SE reservation: [{correspondentNode, sourcePort}].';
comment on column qos.sessions.effective is 'Effective flow id of that leg; null: degraded.';
comment on column qos.sessions.temporary is 'Temporary flow id {field, value}; null: the id is native.';
comment on column qos.sessions.style is 'RSVP reservation style: FF, SE or WF; null while only path state is known.';
comment on column qos.sessions.service is 'controlled-load or guaranteed.';
comment on column qos.sessions.tspec is 'Token bucket {r, b, p, m, M}: bytes/s, bytes, bytes/s (or "Infinity"), bytes, bytes.';
comment on column qos.sessions.refresh_period_ms is 'Refresh period R in milliseconds; 0: no soft state.';
comment on column qos.sessions.established_at is 'When it was first configured.';
comment on column qos.sessions.changed_at is 'Last change of that leg; an extended lease is none.';
comment on column qos.sessions.stream is 'Stream of the scope of that leg.';
comment on column qos.sessions.revision is 'Revision of the last change in that stream.';

comment on column qos.registrations.mobile_node is 'Mobile node id.';
comment on column qos.registrations.foreign_agent is 'Foreign agent that it registered through; direct where there is none.';
comment on column qos.registrations.care_of_address is 'Care-of address of the binding.';
comment on column qos.registrations.home_agent is 'Home agent that accepted it.';
comment on column qos.registrations.home_address is 'Home address of the node.';
comment on column qos.registrations.state is 'active or ended.';
comment on column qos.registrations.flags is 'Flags of the request, such as S and T.';
comment on column qos.registrations.granted_lifetime_seconds is 'Granted lifetime; 65535: infinite.';
comment on column qos.registrations.code is 'Code of the reply (RFC 5944).';
comment on column qos.registrations.code_name is 'The code in words.';
comment on column qos.registrations.accepted_at is 'When it was first accepted.';
comment on column qos.registrations.renewed_at is 'When it was last renewed.';
comment on column qos.registrations.ended_at is 'When it ended; null: it is active.';
comment on column qos.registrations.revision is 'Revision of the last change in the node''s stream.';
comment on column qos.registrations.position is 'Ledger position of the last change.';

comment on column qos.mobile_nodes.mobile_node is 'Mobile node id: its NAI, or homeAddress@homeAgent.';
comment on column qos.mobile_nodes.home_address is 'Home address, as last heard.';
comment on column qos.mobile_nodes.home_agent is 'Home agent, as last heard.';
comment on column qos.mobile_nodes.first_seen_at is 'When it was first heard of.';
comment on column qos.mobile_nodes.changed_at is 'Last registration, denial or end of a binding.';
comment on column qos.mobile_nodes.revision is 'Revision of that change in the node''s stream.';
comment on column qos.mobile_nodes.position is 'Ledger position of that change.';

comment on column qos.foreign_agents.foreign_agent is 'Id of the foreign agent.';
comment on column qos.foreign_agents.name is 'Name that it was given.';
comment on column qos.foreign_agents.provisioned is 'False: it was first heard of in a registration or a capture.';
comment on column qos.foreign_agents.learned_from is 'registration, advertisement or reservation; null: provisioned.';
comment on column qos.foreign_agents.care_of_addresses is 'Its care-of addresses.';
comment on column qos.foreign_agents.changed_at is 'Last change.';
comment on column qos.foreign_agents.revision is 'Revision of the last change in the stream foreignAgents.';
comment on column qos.foreign_agents.position is 'Ledger position of the last change.';

comment on column qos.collisions.session_id is 'The session that came.';
comment on column qos.collisions.foreign_agent is 'Foreign agent of the scope.';
comment on column qos.collisions.care_of_address is 'Care-of address of the scope.';
comment on column qos.collisions.mobile_node is 'Node of the session that came.';
comment on column qos.collisions.matched_session_id is 'The session whose id it overlapped.';
comment on column qos.collisions.matched_mobile_node is 'Node of that session.';
comment on column qos.collisions.temporary_field is 'Field that the allocated temporary flow id replaces.';
comment on column qos.collisions.temporary_value is 'Value that was allocated.';
comment on column qos.collisions.allocated_by is 'foreign-agent, home-agent or ledger.';
comment on column qos.collisions.choice is 'Why this value: reclaimed, never-used, least-recently-released or network.';
comment on column qos.collisions.occurred_at is 'When it was decided.';
comment on column qos.collisions.position is 'Ledger position of the event.';

comment on column qos.temporary_flow_ids.foreign_agent is 'Foreign agent of the scope.';
comment on column qos.temporary_flow_ids.care_of_address is 'Care-of address of the scope.';
comment on column qos.temporary_flow_ids.field is 'Field that the value replaces: sourcePort, destinationPort, flowLabel or greKey.';
comment on column qos.temporary_flow_ids.value is 'The value.';
comment on column qos.temporary_flow_ids.state is 'allocated or quarantined.';
comment on column qos.temporary_flow_ids.session_id is 'The session that owns it, or owned it last.';
comment on column qos.temporary_flow_ids.mobile_node is 'Node of that session.';
comment on column qos.temporary_flow_ids.since is 'When the leg that owns it was configured; null in quarantine.';
comment on column qos.temporary_flow_ids.quarantined_until is 'Not assigned again before; null: it is allocated.';

comment on column qos.events.position is 'Where in the ledger the event stands; positions are dense.';
comment on column qos.events.stream is 'Stream of the event.';
comment on column qos.events.revision is 'Revision in that stream, from 0 on.';
comment on column qos.events.type is 'Type of the event.';
comment on column qos.events.id is 'Id of the event.';
comment on column qos.events.recorded_at is 'When it was written; rises with the position.';
comment on column qos.events.data is 'What it says.';
comment on column qos.events.metadata is 'Command, actor and cause.';
