-- Written from the migrations by npm run schema:snapshot; not to be edited.

create schema ledger;
comment on schema ledger is 'The log. Written by the ledger alone; read schema qos instead.';

create schema qos;
alter default privileges in schema qos grant select on tables to ledger_reader;
grant usage on schema qos to ledger_reader;
comment on schema qos is 'Read tables and views for dashboards and notebooks; role ledger_reader may select.';

create table ledger.captures (
  capture_id text not null,
  state text not null,
  report text not null,
  ingested_at timestamp with time zone not null default now(),
  constraint captures_pkey PRIMARY KEY (capture_id)
);
comment on table ledger.captures is 'Reports of ingested captures.';
comment on column ledger.captures.capture_id is 'SHA-256 of the file, hex.';
comment on column ledger.captures.report is 'What the ingest came to, JSON text.';

create table ledger.command_answers (
  command_id uuid not null,
  body_digest text not null,
  answer text not null,
  answered_at timestamp with time zone not null default now(),
  for_ever boolean not null default false,
  constraint command_answers_pkey PRIMARY KEY (command_id)
);
CREATE INDEX command_answers_answered_at ON ledger.command_answers USING btree (answered_at);
comment on table ledger.command_answers is 'Answers to commands with an Idempotency-Key that appended nothing, refusals included; kept 24 hours. For ever: those of what appended to several streams, which their events alone do not tell whole.';
comment on column ledger.command_answers.body_digest is 'SHA-256 of method, path and body: the same key with another digest is refused.';
comment on column ledger.command_answers.answer is 'The outcome, JSON text.';

create unlogged table ledger.command_claims (
  command_id uuid not null,
  body_digest text not null,
  claimed_at timestamp with time zone not null default now(),
  constraint command_claims_pkey PRIMARY KEY (command_id)
);
CREATE INDEX command_claims_claimed_at ON ledger.command_claims USING btree (claimed_at);
comment on table ledger.command_claims is 'Commands with an Idempotency-Key that are under way, or were lately. Unlogged: with a crash of PostgreSQL whatever is under way ends.';

create table ledger.events (
  "position" bigint not null,
  revision bigint not null,
  recorded_at timestamp with time zone not null,
  id uuid not null,
  stream text collate "C" not null,
  type text collate "C" not null,
  data text not null,
  metadata text not null,
  constraint events_position PRIMARY KEY ("position"),
  constraint events_stream_revision UNIQUE (stream, revision)
);
CREATE INDEX events_category_position ON ledger.events USING btree (split_part(stream, '-'::text, 1), "position");
CREATE INDEX events_lease_extensions ON ledger.events USING btree (stream, "position") WHERE (type = 'LeasesExtended'::text);
CREATE INDEX events_type_position ON ledger.events USING btree (type, "position");
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.events FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
alter table ledger.events enable always trigger append_only;
comment on table ledger.events is 'Every event of the ledger. Append-only: written by ledger.append alone.';
comment on column ledger.events."position" is 'Place in the ledger: dense, rising, from 1.';
comment on column ledger.events.revision is 'Index of the event in its stream, from 0.';
comment on column ledger.events.recorded_at is 'When the ledger took the event; milliseconds; never falls while the position rises.';
comment on column ledger.events.data is 'Canonical JSON text, verbatim.';
comment on column ledger.events.metadata is 'Canonical JSON text of a flat string to string map, verbatim.';

create table ledger.gaps (
  from_ms bigint not null,
  to_ms bigint not null,
  cause text collate "C" not null,
  constraint gaps_cause_check CHECK ((cause = ANY (ARRAY['outage'::text, 'clock-jump'::text]))),
  constraint gaps_pkey PRIMARY KEY (from_ms, to_ms)
);
comment on table ledger.gaps is 'Times without a server, or that the clock of one skipped, in milliseconds since 1970. Each scope records what it makes of them.';

create table ledger.heartbeat (
  is_it boolean not null default true,
  beat_ms bigint not null,
  constraint heartbeat_is_it_check CHECK (is_it),
  constraint heartbeat_pkey PRIMARY KEY (is_it)
);
comment on table ledger.heartbeat is 'One row: milliseconds since 1970 at which any server said last that it runs.';

create table ledger.ledger_migrations (
  number integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default now(),
  constraint ledger_migrations_number_check CHECK ((number > 0)),
  constraint ledger_migrations_pkey PRIMARY KEY (number)
);
comment on table ledger.ledger_migrations is 'Which migrations/NNNN-name.sql this database has, with the SHA-256 of each.';

create table ledger.mirrored (
  "position" bigint not null,
  commit_position bigint not null,
  constraint mirrored_position PRIMARY KEY ("position")
);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger.mirrored FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
alter table ledger.mirrored enable always trigger append_only;
comment on table ledger.mirrored is 'Where each event of ledger.events stands in EventStoreDB; empty where PostgreSQL itself is the log.';
comment on column ledger.mirrored."position" is 'Place in the ledger, as in ledger.events.';
comment on column ledger.mirrored.commit_position is 'Commit position in $all of EventStoreDB: rising, not dense.';

create table ledger.observed_messages (
  digest bytea not null,
  observed_ms bigint not null,
  stream text collate "C" not null,
  way text collate "C" not null default ''::text,
  constraint observed_messages_key PRIMARY KEY (digest, observed_ms, stream, way)
);
comment on table ledger.observed_messages is 'Messages that captures showed, so that the same message on another link or in another file is a repeat.';
comment on column ledger.observed_messages.digest is 'First 16 bytes of the SHA-256 of the message without what differs from link to link.';
comment on column ledger.observed_messages.observed_ms is 'Time of the frame, milliseconds since 1970.';
comment on column ledger.observed_messages.stream is 'Whose it was: two nodes with the same home address may receive the same bytes.';
comment on column ledger.observed_messages.way is 'Of a RESV or ResvTear its RSVP_HOP and the node that it was sent to; empty: of another message, or told by an older version.';

create table ledger.observer_memory (
  only_one boolean not null default true,
  ended_ms bigint not null,
  memory text not null,
  constraint observer_memory_only_one_check CHECK (only_one),
  constraint observer_memory_pkey PRIMARY KEY (only_one)
);
comment on table ledger.observer_memory is 'What the observer of the last capture knew from its frames alone, for the next file of it. May be emptied at any time.';
comment on column ledger.observer_memory.ended_ms is 'Time of the capture''s last frame, milliseconds since 1970.';
comment on column ledger.observer_memory.memory is 'Advertised sequence numbers, hardware addresses, what waits for an answer, scopes and nodes; JSON text.';

create table ledger.process_checkpoints (
  process text not null,
  "position" bigint not null,
  constraint process_checkpoints_pkey PRIMARY KEY (process)
);
comment on table ledger.process_checkpoints is 'How far a process that reacts to events has come in the ledger.';

create table ledger.refusals (
  id bigint not null generated always as identity,
  foreign_agent text collate "C" not null,
  kind text collate "C" not null,
  reason text collate "C" not null,
  code integer not null,
  count bigint not null,
  first_at timestamp with time zone not null,
  last_at timestamp with time zone not null,
  last_example json not null,
  constraint refusals_key UNIQUE (foreign_agent, kind, reason, code),
  constraint refusals_pkey PRIMARY KEY (id)
) with (fillfactor=50);
comment on table ledger.refusals is 'What was refused, or seen to break a rule, per foreign agent and reason, with the last example of each.';
comment on column ledger.refusals.foreign_agent is 'Empty: an agent that nobody knows.';
comment on column ledger.refusals.code is 'Of a denied registration (RFC 5944 §3.4); 0: none.';

create view qos.collisions as
 SELECT session_id,
    foreign_agent,
    care_of_address,
    mobile_node,
    matched_session_id,
    matched_mobile_node,
    matched_state,
    matched_effective,
    temporary_field,
    temporary_value,
    allocated_by,
    choice,
    occurred_at,
    "position",
    ( SELECT l.ended_at
           FROM projection.session_legs l
          WHERE ((l.session_id = c.session_id) AND (l.foreign_agent = c.foreign_agent) AND (l.care_of_address = c.care_of_address) AND (l.started_position >= c."position"))
          ORDER BY l.started_position
         LIMIT 1) AS until
   FROM projection.collisions c;
grant select on table qos.collisions to ledger_reader;
comment on view qos.collisions is 'Every match: who came, what it overlapped, what was allocated, until when.';
comment on column qos.collisions.session_id is 'The session that came.';
comment on column qos.collisions.foreign_agent is 'Foreign agent of the scope.';
comment on column qos.collisions.care_of_address is 'Care-of address of the scope.';
comment on column qos.collisions.mobile_node is 'Node of the session that came.';
comment on column qos.collisions.matched_session_id is 'The session whose id it overlapped.';
comment on column qos.collisions.matched_mobile_node is 'Node of that session.';
comment on column qos.collisions.matched_state is 'live, or quarantined: a released id.';
comment on column qos.collisions.matched_effective is 'The id that the requested one overlapped.';
comment on column qos.collisions.temporary_field is 'Field that the allocated temporary flow id replaces.';
comment on column qos.collisions.temporary_value is 'Value that was allocated.';
comment on column qos.collisions.allocated_by is 'foreign-agent, home-agent or ledger.';
comment on column qos.collisions.choice is 'Why this value: reclaimed, never-used, least-recently-released or network.';
comment on column qos.collisions.occurred_at is 'When it was decided.';
comment on column qos.collisions."position" is 'Ledger position of the event.';
comment on column qos.collisions.until is 'When the session that came ended there, and gave its id back into quarantine; null: it stands.';

create view qos.events as
 SELECT "position",
    stream,
    revision,
    type,
    id,
    recorded_at,
    (data)::json AS data,
    (metadata)::json AS metadata
   FROM ledger.events;
grant select on table qos.events to ledger_reader;
comment on view qos.events is 'The ledger itself.';
comment on column qos.events."position" is 'Where in the ledger the event stands; positions are dense.';
comment on column qos.events.stream is 'Stream of the event.';
comment on column qos.events.revision is 'Revision in that stream, from 0 on.';
comment on column qos.events.type is 'Type of the event.';
comment on column qos.events.id is 'Id of the event.';
comment on column qos.events.recorded_at is 'When it was written; rises with the position.';
comment on column qos.events.data is 'What it says.';
comment on column qos.events.metadata is 'Command, actor and cause.';

create view qos.flow_table as
 SELECT f.session_id,
    f.foreign_agent,
    f.care_of_address,
    f.state,
    f.mobile_node,
    f.home_address,
    f.home_agent,
    f.correspondent_node,
    f.protocol,
    f.destination_port,
    f.source_port,
    f.flow_label,
    f.spi,
    f.senders,
    f.effective,
        CASE
            WHEN (f.temporary_field IS NOT NULL) THEN json_build_object('field', f.temporary_field, 'value', f.temporary_value)
            ELSE NULL::json
        END AS temporary,
    f.temporary_field,
    f.temporary_value,
    ARRAY( SELECT other.id
           FROM ( SELECT c.matched_session_id AS id
                   FROM projection.collisions c
                  WHERE ((c.session_id = f.session_id) AND (c.foreign_agent = f.foreign_agent) AND (c.care_of_address = f.care_of_address))
                UNION
                 SELECT c.session_id
                   FROM projection.collisions c
                  WHERE ((c.matched_session_id = f.session_id) AND (c.foreign_agent = f.foreign_agent) AND (c.care_of_address = f.care_of_address))) other
          WHERE (EXISTS ( SELECT
                   FROM projection.flow_table o
                  WHERE ((o.session_id = other.id) AND (o.foreign_agent = f.foreign_agent) AND (o.care_of_address = f.care_of_address) AND (o.to_position IS NULL))))
          ORDER BY other.id) AS collides_with,
    f.style,
    f.service,
    f.tspec,
    f.refresh_period_ms,
    LEAST(COALESCE(l.expires_at, f.expires_at), f.orphaned_until) AS expires_at,
        CASE
            WHEN (v.mobile_node IS NULL) THEN f.registration_expires_at
            ELSE v.expires_at
        END AS registration_expires_at,
    f.established_at,
    f.changed_at,
    f.revision,
    f.from_position AS "position",
    COALESCE(l.reservation_expires_at, f.reservation_expires_at) AS reservation_expires_at
   FROM ((projection.flow_table f
     LEFT JOIN projection.leases l ON (((l.session_id = f.session_id) AND (l.foreign_agent = f.foreign_agent) AND (l.care_of_address = f.care_of_address))))
     LEFT JOIN projection.visitors v ON (((v.foreign_agent = f.foreign_agent) AND (v.care_of_address = f.care_of_address) AND (v.mobile_node = f.mobile_node) AND (v.to_position IS NULL))))
  WHERE (f.to_position IS NULL);
grant select on table qos.flow_table to ledger_reader;
comment on view qos.flow_table is 'The live flow table of every foreign agent: a row per live leg.';
comment on column qos.flow_table.session_id is 'Id of the QoS session; the same in all of its legs.';
comment on column qos.flow_table.foreign_agent is 'Id of the foreign agent; direct where there is none.';
comment on column qos.flow_table.care_of_address is 'Care-of address: with the foreign agent it names the scope of the collision rule.';
comment on column qos.flow_table.state is 'live, path-only (no reservation yet, or no more), orphaned (the node has moved on) or degraded (refused by the new scope).';
comment on column qos.flow_table.mobile_node is 'Mobile node id: its NAI, or homeAddress@homeAgent; null for a flow of no known node.';
comment on column qos.flow_table.home_address is 'Home address of the mobile node.';
comment on column qos.flow_table.home_agent is 'Home agent of the mobile node.';
comment on column qos.flow_table.correspondent_node is 'Sender of the flow as it was asked for; null for SE and WF.';
comment on column qos.flow_table.protocol is 'IP protocol number.';
comment on column qos.flow_table.destination_port is 'Destination port as it was asked for.';
comment on column qos.flow_table.source_port is 'Source port as it was asked for; null for SE and WF and where a label or an SPI takes its place.';
comment on column qos.flow_table.flow_label is 'IPv6 flow label as it was asked for.';
comment on column qos.flow_table.spi is 'Security parameters index of ESP or AH (RFC 2207).';
comment on column qos.flow_table.senders is 'Senders of an SE reservation: [{correspondentNode, sourcePort}].';
comment on column qos.flow_table.effective is 'Effective flow id: what routers see.';
comment on column qos.flow_table.temporary is 'Temporary flow id {field, value}; null: the id is native.';
comment on column qos.flow_table.temporary_field is 'The field that the temporary flow id replaces.';
comment on column qos.flow_table.temporary_value is 'The value that it has instead.';
comment on column qos.flow_table.collides_with is 'Live sessions that this one matched when it came, or that matched this one.';
comment on column qos.flow_table.style is 'RSVP reservation style: FF, SE or WF; null while only path state is known.';
comment on column qos.flow_table.service is 'controlled-load or guaranteed.';
comment on column qos.flow_table.tspec is 'Token bucket {r, b, p, m, M}: bytes/s, bytes, bytes/s (or "Infinity"), bytes, bytes.';
comment on column qos.flow_table.refresh_period_ms is 'Refresh period R in milliseconds; 0: no soft state.';
comment on column qos.flow_table.expires_at is 'When the soft state ends unless it is refreshed; of an orphaned leg when it ends at the latest, if that is before. Null: with the registration.';
comment on column qos.flow_table.registration_expires_at is 'When the registration of the node ends; null: never.';
comment on column qos.flow_table.established_at is 'When the leg was configured.';
comment on column qos.flow_table.changed_at is 'Last change; an extended lease is none.';
comment on column qos.flow_table.revision is 'Revision of the last change in the scope''s stream.';
comment on column qos.flow_table."position" is 'Ledger position of the last change.';
comment on column qos.flow_table.reservation_expires_at is 'When the reservation ends unless it is refreshed, where it has a lease beside its path; the session is path-only then. Null: expires_at is all there is.';

create view qos.foreign_agents as
 SELECT foreign_agent,
    name,
    provisioned,
    learned_from,
    care_of_addresses,
    pools,
    policy,
    changed_at,
    revision,
    "position"
   FROM projection.foreign_agents
  WHERE (removed_at IS NULL);
grant select on table qos.foreign_agents to ledger_reader;
comment on view qos.foreign_agents is 'Foreign agents, provisioned or learned.';
comment on column qos.foreign_agents.foreign_agent is 'Id of the foreign agent.';
comment on column qos.foreign_agents.name is 'Name that it was given.';
comment on column qos.foreign_agents.provisioned is 'False: it was first heard of in a registration or a capture.';
comment on column qos.foreign_agents.learned_from is 'registration, advertisement or reservation; null: provisioned.';
comment on column qos.foreign_agents.care_of_addresses is 'Its care-of addresses.';
comment on column qos.foreign_agents.pools is 'Ranges of temporary flow ids per field, for each scope; null: the defaults.';
comment on column qos.foreign_agents.policy is 'Null: the defaults.';
comment on column qos.foreign_agents.changed_at is 'Last change.';
comment on column qos.foreign_agents.revision is 'Revision of the last change in the stream foreignAgents.';
comment on column qos.foreign_agents."position" is 'Ledger position of the last change.';

create view qos.handoff_steps as
 SELECT s.handoff_id,
    row_number() OVER (PARTITION BY s.handoff_id ORDER BY s."position") AS ordinal,
    s."position",
    s.stream,
    s.revision,
    s.foreign_agent,
    s.care_of_address,
    s.type,
    s.session_id,
    s.detail,
    s.occurred_at,
    s.recorded_at
   FROM (projection.handoff_steps s
     JOIN projection.handoffs h ON (((h.handoff_id = s.handoff_id) AND ((s.mobile_node IS NULL) OR (s.mobile_node = h.mobile_node)))));
grant select on table qos.handoff_steps to ledger_reader;
comment on view qos.handoff_steps is 'Every event by which a handoff did something, in the order of the ledger.';
comment on column qos.handoff_steps.handoff_id is 'Id of the handoff.';
comment on column qos.handoff_steps.ordinal is 'Which step of the handoff it is, from 1 on.';
comment on column qos.handoff_steps."position" is 'Ledger position of the event.';
comment on column qos.handoff_steps.stream is 'Stream of the event: the node''s, or that of an old or the new scope.';
comment on column qos.handoff_steps.revision is 'Revision of the event in its stream.';
comment on column qos.handoff_steps.foreign_agent is 'Foreign agent of the scope; null: the event is the node''s.';
comment on column qos.handoff_steps.care_of_address is 'Care-of address of the scope; null: the event is the node''s.';
comment on column qos.handoff_steps.type is 'Type of the event.';
comment on column qos.handoff_steps.session_id is 'The session that it is about; null: several, or none.';
comment on column qos.handoff_steps.detail is 'What else the event says.';
comment on column qos.handoff_steps.occurred_at is 'When it was decided; of an observed handoff the time of the frame.';
comment on column qos.handoff_steps.recorded_at is 'When it was written.';

create view qos.handoffs as
 SELECT handoff_id,
    mobile_node,
    kind,
    cause,
    state,
    "from",
    "to",
    to_foreign_agent,
    to_care_of_address,
    old_legs,
    if_refused,
    deadline,
    supersedes,
    superseded_by,
    reason,
    detail,
    started_at,
    committed_at,
    ended_at,
    configured,
    degraded,
    released,
    orphaned,
        CASE
            WHEN ((gap_ms IS NOT NULL) OR (state <> ALL (ARRAY['completed'::text, 'rolled-back'::text]))) THEN gap_ms
            ELSE ( SELECT
                    CASE
                        WHEN (NOT bool_or(((m.ended_at IS NULL) AND (m.state = 'degraded'::text)))) THEN COALESCE(max(g.gap_ms), (0)::bigint)
                        ELSE NULL::bigint
                    END AS "case"
               FROM (projection.session_legs m
                 CROSS JOIN LATERAL ( SELECT l.gap_ms
                       FROM qos.session_legs l
                      WHERE ((l.session_id = m.session_id) AND (l.started_position = m.started_position))
                     OFFSET 0) g)
              WHERE (m.handoff_id = h.handoff_id))
        END AS gap_ms,
    changed_at,
    revision,
    "position"
   FROM projection.handoffs h;
grant select on table qos.handoffs to ledger_reader;
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
comment on column qos.handoffs.gap_ms is 'Milliseconds: the longest that a session had no leg, from the end of one to the next; 0 where the new one came first or the old one was only orphaned; null before the completion, while a session waits for its id, and of one that was rolled back and had made no leg.';
comment on column qos.handoffs.changed_at is 'Last change.';
comment on column qos.handoffs.revision is 'Revision of the last change in the node''s stream.';
comment on column qos.handoffs."position" is 'Ledger position of the last change.';

create view qos.mobile_nodes as
 SELECT mobile_node,
    home_address,
    home_agent,
    first_seen_at,
    changed_at,
    revision,
    "position"
   FROM projection.mobile_nodes;
grant select on table qos.mobile_nodes to ledger_reader;
comment on view qos.mobile_nodes is 'Every mobile node that was heard of.';
comment on column qos.mobile_nodes.mobile_node is 'Mobile node id: its NAI, or homeAddress@homeAgent.';
comment on column qos.mobile_nodes.home_address is 'Home address, as last heard.';
comment on column qos.mobile_nodes.home_agent is 'Home agent, as last heard.';
comment on column qos.mobile_nodes.first_seen_at is 'When it was first heard of.';
comment on column qos.mobile_nodes.changed_at is 'Last registration, denial or end of a binding.';
comment on column qos.mobile_nodes.revision is 'Revision of that change in the node''s stream.';
comment on column qos.mobile_nodes."position" is 'Ledger position of that change.';

create view qos.refusals as
 SELECT NULLIF(foreign_agent, ''::text) AS foreign_agent,
    kind,
    reason,
    NULLIF(code, 0) AS code,
    count,
    first_at,
    last_at,
    last_example
   FROM ledger.refusals;
grant select on table qos.refusals to ledger_reader;
comment on view qos.refusals is 'What was refused, or seen to break a rule, per foreign agent and reason, with the last example of each.';
comment on column qos.refusals.foreign_agent is 'Foreign agent; direct where there is none, null where nobody knows it.';
comment on column qos.refusals.kind is 'refusal: the rules refused it. violation: it was seen all the same.';
comment on column qos.refusals.reason is 'Name of the refusal or of the violation.';
comment on column qos.refusals.code is 'Code of a denied registration (RFC 5944); null: none.';
comment on column qos.refusals.count is 'How often.';
comment on column qos.refusals.first_at is 'When it was first decided.';
comment on column qos.refusals.last_at is 'When it was decided last.';
comment on column qos.refusals.last_example is 'The last one: {command, mobileNode, detail, facts}.';

create view qos.registrations as
 SELECT mobile_node,
    foreign_agent,
    care_of_address,
    home_agent,
    home_address,
    state,
    flags,
    identification,
    granted_lifetime_seconds,
    expires_at,
    code,
    code_name,
    accepted_at,
    renewed_at,
    ended_at,
    cause,
    revision,
    "position"
   FROM projection.registrations;
grant select on table qos.registrations to ledger_reader;
comment on view qos.registrations is 'Bindings of mobile nodes, active and ended.';
comment on column qos.registrations.mobile_node is 'Mobile node id.';
comment on column qos.registrations.foreign_agent is 'Foreign agent that it registered through; direct where there is none.';
comment on column qos.registrations.care_of_address is 'Care-of address of the binding.';
comment on column qos.registrations.home_agent is 'Home agent that accepted it.';
comment on column qos.registrations.home_address is 'Home address of the node.';
comment on column qos.registrations.state is 'active or ended.';
comment on column qos.registrations.flags is 'Flags of the request, such as S and T.';
comment on column qos.registrations.identification is 'The 64-bit Identification of RFC 5944 as decimal text.';
comment on column qos.registrations.granted_lifetime_seconds is 'Granted lifetime; 65535: infinite.';
comment on column qos.registrations.expires_at is 'Null: infinite.';
comment on column qos.registrations.code is 'Code of the reply (RFC 5944).';
comment on column qos.registrations.code_name is 'The code in words.';
comment on column qos.registrations.accepted_at is 'When it was first accepted.';
comment on column qos.registrations.renewed_at is 'When it was last renewed.';
comment on column qos.registrations.ended_at is 'When it ended; null: it is active.';
comment on column qos.registrations.cause is 'Why it ended.';
comment on column qos.registrations.revision is 'Revision of the last change in the node''s stream.';
comment on column qos.registrations."position" is 'Ledger position of the last change.';

create view qos.session_legs as
 SELECT session_id,
    foreign_agent,
    care_of_address,
    effective,
        CASE
            WHEN (temporary_field IS NOT NULL) THEN json_build_object('field', temporary_field, 'value', temporary_value)
            ELSE NULL::json
        END AS temporary,
    matched,
    started_at,
    ended_at,
        CASE
            WHEN ((ended_at IS NOT NULL) AND (effective IS NULL)) THEN COALESCE(cause, 'configured'::text)
            ELSE cause
        END AS cause,
    quarantined_until,
    started_position,
    ended_position,
        CASE
            WHEN (ended_at IS NULL) THEN state
            ELSE 'ended'::text
        END AS state,
    handoff_id,
    (
        CASE
            WHEN ((effective IS NULL) OR (count(*) OVER before = 0)) THEN NULL::numeric
            WHEN bool_or((ended_at IS NULL)) OVER before THEN (0)::numeric
            ELSE GREATEST((0)::numeric, (EXTRACT(epoch FROM (started_at - max(ended_at) OVER before)) * (1000)::numeric))
        END)::bigint AS gap_ms
   FROM projection.session_legs
  WINDOW before AS (PARTITION BY session_id, (effective IS NULL) ORDER BY started_position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);
grant select on table qos.session_legs to ledger_reader;
comment on view qos.session_legs is 'The legs of every session: where it was, with which effective id, from when to when.';
comment on column qos.session_legs.session_id is 'Id of the QoS session.';
comment on column qos.session_legs.foreign_agent is 'Foreign agent of the scope.';
comment on column qos.session_legs.care_of_address is 'Care-of address of the scope.';
comment on column qos.session_legs.effective is 'Effective flow id there; null: the leg was refused and the session degraded.';
comment on column qos.session_legs.temporary is 'Temporary flow id {field, value}; null: the id was native, or there was none.';
comment on column qos.session_legs.matched is 'What its requested id overlapped when it came.';
comment on column qos.session_legs.started_at is 'When it was configured or refused.';
comment on column qos.session_legs.ended_at is 'When it ended; null: it stands.';
comment on column qos.session_legs.cause is 'Why it ended; configured: the degraded leg got its id there, and another one begins. Null: it stands.';
comment on column qos.session_legs.quarantined_until is 'The released id is not used again before; null: it passed to another session.';
comment on column qos.session_legs.started_position is 'Ledger position of its begin.';
comment on column qos.session_legs.ended_position is 'Ledger position of its end.';
comment on column qos.session_legs.state is 'live, path-only, orphaned, degraded or ended.';
comment on column qos.session_legs.handoff_id is 'The handoff that made this leg; null where none did.';
comment on column qos.session_legs.gap_ms is 'Milliseconds since the last leg with an id ended; 0 where they overlapped; null for the first one and where there is no id.';

create view qos.sessions as
 SELECT session_id,
    state,
    mobile_node,
    home_address,
    home_agent,
    foreign_agent,
    care_of_address,
    correspondent_node,
    protocol,
    destination_port,
    source_port,
    flow_label,
    spi,
    senders,
    requested,
    effective,
        CASE
            WHEN (temporary_field IS NOT NULL) THEN json_build_object('field', temporary_field, 'value', temporary_value)
            ELSE NULL::json
        END AS temporary,
    style,
    service,
    tspec,
    refresh_period_ms,
    established_at,
    closed_at,
    cause,
    replaces,
    changed_at,
    stream,
    revision,
    established_position AS first_position,
    ( SELECT max(l."position") AS max
           FROM projection.session_legs l
          WHERE (l.session_id = s.session_id)) AS last_position
   FROM projection.sessions s;
grant select on table qos.sessions to ledger_reader;
comment on view qos.sessions is 'Every QoS session, released ones too, as it is or was last.';
comment on column qos.sessions.session_id is 'Id of the QoS session; the same in all of its legs.';
comment on column qos.sessions.state is 'As in flow_table, or released.';
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
comment on column qos.sessions.requested is 'Requested flow id: the flow with the care-of address in place of the home address.';
comment on column qos.sessions.effective is 'Effective flow id of that leg; null: degraded.';
comment on column qos.sessions.temporary is 'Temporary flow id {field, value}; null: the id is native.';
comment on column qos.sessions.style is 'RSVP reservation style: FF, SE or WF; null while only path state is known.';
comment on column qos.sessions.service is 'controlled-load or guaranteed.';
comment on column qos.sessions.tspec is 'Token bucket {r, b, p, m, M}: bytes/s, bytes, bytes/s (or "Infinity"), bytes, bytes.';
comment on column qos.sessions.refresh_period_ms is 'Refresh period R in milliseconds; 0: no soft state.';
comment on column qos.sessions.established_at is 'When it was first configured.';
comment on column qos.sessions.closed_at is 'When its last leg was released.';
comment on column qos.sessions.cause is 'Why it was released.';
comment on column qos.sessions.replaces is 'The session that this one took over from (ESP rekey).';
comment on column qos.sessions.changed_at is 'Last change of that leg; an extended lease is none.';
comment on column qos.sessions.stream is 'Stream of the scope of that leg.';
comment on column qos.sessions.revision is 'Revision of the last change in that stream.';
comment on column qos.sessions.first_position is 'Ledger position of its first configuration.';
comment on column qos.sessions.last_position is 'Ledger position of the last change of any of its legs.';

create view qos.temporary_flow_ids as
 SELECT flow_table.foreign_agent,
    flow_table.care_of_address,
    flow_table.temporary_field AS field,
    flow_table.temporary_value AS value,
    'allocated'::text AS state,
    flow_table.session_id,
    flow_table.mobile_node,
    flow_table.established_at AS since,
    NULL::timestamp with time zone AS quarantined_until
   FROM projection.flow_table
  WHERE ((flow_table.to_position IS NULL) AND (flow_table.temporary_field IS NOT NULL))
UNION ALL
 SELECT quarantines.foreign_agent,
    quarantines.care_of_address,
    quarantines.temporary_field AS field,
    quarantines.temporary_value AS value,
    'quarantined'::text AS state,
    quarantines.session_id,
    quarantines.mobile_node,
    NULL::timestamp with time zone AS since,
    quarantines.quarantined_until
   FROM projection.quarantines
  WHERE ((quarantines.to_position IS NULL) AND (quarantines.temporary_field IS NOT NULL));
grant select on table qos.temporary_flow_ids to ledger_reader;
comment on view qos.temporary_flow_ids is 'Values that have an owner or are in quarantine.';
comment on column qos.temporary_flow_ids.foreign_agent is 'Foreign agent of the scope.';
comment on column qos.temporary_flow_ids.care_of_address is 'Care-of address of the scope.';
comment on column qos.temporary_flow_ids.field is 'Field that the value replaces: sourcePort, destinationPort, flowLabel or greKey.';
comment on column qos.temporary_flow_ids.value is 'The value.';
comment on column qos.temporary_flow_ids.state is 'allocated or quarantined.';
comment on column qos.temporary_flow_ids.session_id is 'The session that owns it, or owned it last.';
comment on column qos.temporary_flow_ids.mobile_node is 'Node of that session.';
comment on column qos.temporary_flow_ids.since is 'When the leg that owns it was configured; null in quarantine.';
comment on column qos.temporary_flow_ids.quarantined_until is 'Not assigned again before; null: it is allocated.';

CREATE OR REPLACE FUNCTION ledger.append(streams text[], expected bigint[], sizes integer[], earlier integer[], request integer[], ids uuid[], types text[], data text[], metadata text[], OUT verdicts integer[], OUT revisions bigint[], OUT positions bigint[], OUT head_before bigint, OUT written_at text)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '3s'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION ledger.append_behind(known_position bigint, known_id uuid, streams text[], expected bigint[], sizes integer[], earlier integer[], request integer[], ids uuid[], types text[], data text[], metadata text[], OUT verdicts integer[], OUT revisions bigint[], OUT positions bigint[], OUT head_before bigint, OUT written_at text)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '3s'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION ledger.begin_import()
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '3s'
AS $function$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'ledger.begin_import needs isolation level read committed' using errcode = 'invalid_transaction_state';
  end if;
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  -- The lock of ledger.append.
  perform pg_advisory_xact_lock(119182731994482);
  return coalesce((select e.position from ledger.events e order by e.position desc limit 1), 0);
end $function$;

CREATE OR REPLACE FUNCTION ledger.end_mirror_holder()
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select coalesce(bool_or(pg_terminate_backend(l.pid)), false) from pg_locks l
  where l.locktype = 'advisory' and l.database = (select d.oid from pg_database d where d.datname = current_database())
    and (l.classid::bigint << 32) + l.objid::bigint = 119182731994483 and l.objsubid = 1 and l.granted and l.pid <> pg_backend_pid()
$function$;

CREATE OR REPLACE FUNCTION ledger.finish_import(after bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
declare
  head bigint;
  bad bigint;
begin
  select e.position into head from ledger.events e order by e.position desc limit 1;
  if head is null or head = after then
    return after;
  end if;
  select min(o.position) into bad from (
    select e.position, e.recorded_at, lag(e.position, 1, finish_import.after) over w as before, lag(e.recorded_at) over w as before_at
    from ledger.events e where e.position >= finish_import.after window w as (order by e.position)) o
  where o.position > finish_import.after and (o.position <> o.before + 1 or o.recorded_at < o.before_at);
  if bad is not null then
    raise exception 'the event at position % does not follow the one before it', bad using errcode = 'integrity_constraint_violation';
  end if;
  -- Revisions from 0 without gap, in the order of positions: each has its predecessor, and has it before itself.
  select min(e.position) into bad from ledger.events e
  where e.position > finish_import.after and (e.revision < 0 or (e.revision > 0 and not exists (
    select from ledger.events p where p.stream = e.stream and p.revision = e.revision - 1 and p.position < e.position)));
  if bad is not null then
    raise exception 'the event at position % is not the next one of its stream', bad using errcode = 'integrity_constraint_violation';
  end if;
  perform pg_notify('ledger', head::text);
  return head;
end $function$;

CREATE OR REPLACE FUNCTION ledger.first_answer(stream text, expected bigint, stream_end bigint, ids uuid[], types text[], data text[], OUT verdict integer, OUT at_revision bigint, OUT at_position bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  same_ids bigint;
  differs_at bigint;
begin
  select count(*) filter (where e.id = a.id), min(e.revision) filter (where e.type <> a.type or e.data <> a.data), coalesce(max(e.position), 0)
    into same_ids, differs_at, at_position
    from unnest(first_answer.ids, first_answer.types, first_answer.data) with ordinality a(id, type, data, place)
    join ledger.events e on e.stream = first_answer.stream and e.revision = first_answer.expected + a.place;
  if cardinality(ids) = 0 then
    verdict := 1;
    at_revision := stream_end;
    at_position := coalesce((select e.position from ledger.events e where e.stream = first_answer.stream and e.revision = stream_end), 0);
  elsif same_ids < cardinality(ids) then
    verdict := 0;
    at_revision := stream_end;
  elsif differs_at is not null then
    verdict := -1;
    at_revision := differs_at;
  else
    verdict := 1;
    at_revision := expected + same_ids;
  end if;
end $function$;

CREATE OR REPLACE FUNCTION ledger.first_revision_behind(stream text, after bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  low bigint := 0;
  high bigint := 1 + coalesce((select e.revision from ledger.events e where e.stream = first_revision_behind.stream order by e.revision desc limit 1), -1);
  middle bigint;
begin
  while low < high loop
    middle := (low + high) / 2;
    if (select e.position from ledger.events e where e.stream = first_revision_behind.stream and e.revision = middle) > after then
      high := middle;
    else
      low := middle + 1;
    end if;
  end loop;
  return low;
end $function$;

CREATE OR REPLACE FUNCTION ledger.mirror(after bigint, commits bigint[], streams text[], revisions bigint[], created_ms bigint[], ids uuid[], types text[], data text[], metadata text[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '3s'
AS $function$
declare
  head bigint;
  head_commit bigint;
  head_at timestamptz;
begin
  -- What a crash of the server takes from the mirror, the node gives again, with the same positions.
  perform set_config('synchronous_commit', 'off', true);
  -- The lock of ledger.append: no subscriber sees a position before every lower one.
  perform pg_advisory_xact_lock(119182731994482);
  select * into head, head_commit from ledger.mirror_end();
  if head_commit is distinct from after then
    raise exception 'the mirror ends at commit position %, not at %: another server writes it', head_commit, after using errcode = 'serialization_failure';
  end if;
  select e.recorded_at into head_at from ledger.events e where e.position = head;
  -- Nodes have clocks of their own: the time of an event never falls below that of the one before it.
  insert into ledger.events (position, revision, recorded_at, id, stream, type, data, metadata)
  select head + c.place, c.revision,
    greatest(head_at, max(to_timestamp(c.created_ms / 1000.0)) over (order by c.place rows unbounded preceding)), c.id, c.stream, c.type, c.data, c.metadata
  from unnest(mirror.streams, mirror.revisions, mirror.created_ms, mirror.ids, mirror.types, mirror.data, mirror.metadata) with ordinality
    c(stream, revision, created_ms, id, type, data, metadata, place);
  insert into ledger.mirrored (position, commit_position)
  select head + c.place, c.commit_position from unnest(mirror.commits) with ordinality c(commit_position, place);
  head := head + cardinality(commits);
  perform pg_notify('ledger', head::text);
  return head;
end $function$;

CREATE OR REPLACE FUNCTION ledger.mirror_end(OUT head bigint, OUT head_commit bigint)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  select e.position into head from ledger.events e order by e.position desc limit 1;
  head := coalesce(head, 0);
  select m.commit_position into head_commit from ledger.mirrored m where m.position = head;
  if head > 0 and head_commit is null then
    raise exception 'the event at position % was appended to PostgreSQL itself: this log is no mirror', head using errcode = 'object_not_in_prerequisite_state';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION ledger.mirrored_appends(streams text[], firsts bigint[], lasts bigint[])
 RETURNS TABLE(place bigint, "position" bigint, digest text)
 LANGUAGE plpgsql
 STABLE ROWS 100
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
begin
  return query
  select w.place, l.position, d.digest
  from unnest(mirrored_appends.streams, mirrored_appends.firsts, mirrored_appends.lasts) with ordinality w(stream, first, last, place)
  join ledger.events l on l.stream = w.stream and l.revision = w.last
  cross join lateral (
    select encode(sha256(convert_to(string_agg(
      e.id || ' ' || octet_length(e.type) || ' ' || octet_length(e.data) || ' ' || e.type || e.data, '' order by e.revision), 'UTF8')), 'hex') as digest
    from ledger.events e where e.stream = w.stream and e.revision between w.first and w.last
  ) d;
end $function$;

CREATE OR REPLACE FUNCTION ledger.page(stream text, category text, types text[], backwards boolean, bound bigint, events integer, bytes bigint)
 RETURNS TABLE("position" bigint, in_stream text, revision bigint, id uuid, type text, data text, metadata text, recorded_at text, size bigint)
 LANGUAGE plpgsql
 STABLE ROWS 500
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  key constant text := case when stream is null then 'position' else 'revision' end;
  beyond constant text := case when backwards then '<' else '>' end;
  way constant text := case when backwards then 'desc' else 'asc' end;
  walk text := format('select e.* from ledger.events e where e.%I %s $5', key, beyond);
begin
  if stream is not null then
    walk := walk || ' and e.stream = $1';
  end if;
  if category is not null then
    -- The expression of events_category_position.
    walk := walk || $and$ and split_part(e.stream, '-', 1) = $2$and$;
  end if;
  if cardinality(types) = 0 then
    return;
  elsif types is null then
    walk := format('%s order by e.%I %s limit $6', walk, key, way);
  else
    -- One walk a type: only equality lets events_type_position give the order as well, and only a literal lets the planner know
    -- a rare type from a common one.
    select format('select u.* from (%s) u order by u.%I %s limit $6', string_agg(format('(%s and e.type = %L order by e.%I %s limit $6)', walk, t.type, key, way), ' union all '), key, way)
      into walk from unnest(types) t(type);
  end if;
  return query execute format($page$
    select c.position, c.stream, c.revision, c.id, c.type, c.data, c.metadata,
      to_char(c.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), c.size
    from (
      select w.*, sum(octet_length(w.data) + octet_length(w.metadata)) over (order by w.%1$I %2$s rows unbounded preceding) as size
      from (%3$s) w
    ) c
    where c.size - octet_length(c.data) - octet_length(c.metadata) < $7
    order by c.%1$I %2$s
  $page$, key, way, walk) using stream, category, types, backwards, bound, events, bytes;
end $function$;

CREATE OR REPLACE FUNCTION ledger.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'ledger.events is append-only: % is refused', tg_op using errcode = 'insufficient_privilege';
end $function$;

CREATE OR REPLACE FUNCTION ledger.write(first_append integer, last_append integer, recorded_at timestamp with time zone, streams text[], position_base bigint[], revision_base bigint[], request integer[], ids uuid[], types text[], data text[], metadata text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  insert into ledger.events (position, revision, recorded_at, id, stream, type, data, metadata)
  select position_base[e.request] + e.place, revision_base[e.request] + e.place, write.recorded_at, e.id, streams[e.request], e.type, e.data, e.metadata
  from unnest(write.request, write.ids, write.types, write.data, write.metadata) with ordinality e(request, id, type, data, metadata, place)
  where e.request between first_append and last_append and position_base[e.request] is not null;
end $function$;
