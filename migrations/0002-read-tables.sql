-- The read tables. They hold nothing that the log does not hold: each is made again from it at any time, in a schema of its own
-- (`like … including all`) that then takes the place of this one. So there are no foreign keys and no sequences here, and only the
-- projection runner writes.
-- Rows are temporal where a past moment is asked for: a row is true from `from_position` on, until before `to_position` (null: still).

create schema projection;

create table projection.checkpoints (
  projection text not null,
  version integer not null,
  position bigint not null,
  primary key (projection, version)
) with (fillfactor = 10);
comment on table projection.checkpoints is 'How far the read tables have read the log. Moved in the transaction that writes the rows.';

create table projection.parked_streams (
  projection text not null,
  version integer not null,
  stream text collate "C" not null,
  revision bigint not null,
  position bigint not null,
  event_type text not null,
  error text not null,
  parked_at timestamptz not null default now(),
  primary key (projection, version, stream)
);
comment on table projection.parked_streams is 'Streams that a projection stopped reading at an event that it could not apply; read again from there once it can.';

create table projection.commands (
  command_id text collate "C" not null,
  stream text collate "C" not null,
  body_digest text not null,
  first_revision bigint not null,
  last_revision bigint not null,
  batch_end bigint not null,
  position bigint not null,
  primary key (command_id, stream)
);
comment on table projection.commands is 'Every command that appended events, for ever: by it a repeat is recognised.';

create table projection.flow_table (
  session_id uuid not null,
  foreign_agent text collate "C" not null,
  care_of_address text collate "C" not null,
  state text collate "C" not null,
  mobile_node text collate "C",
  home_address text collate "C",
  home_agent text collate "C",
  correspondent_node text collate "C",
  protocol integer not null,
  destination_port integer,
  source_port integer,
  flow_label integer,
  spi bigint,
  senders json,
  effective json,
  temporary_field text collate "C",
  temporary_value bigint,
  style text collate "C",
  service text collate "C",
  tspec json,
  refresh_period_ms bigint not null,
  expires_at timestamptz,
  registration_expires_at timestamptz,
  established_at timestamptz not null,
  established_position bigint not null,
  changed_at timestamptz not null,
  revision bigint not null,
  from_position bigint not null,
  to_position bigint,
  primary key (session_id, from_position)
) with (fillfactor = 90);
comment on table projection.flow_table is
  'One row per leg and version. A lease or a registration that is renewed makes no new version (a million flows every minute): those stand in leases, lease_extensions and visitors, and expires_at and registration_expires_at are as of from_position.';
create unique index flow_table_open on projection.flow_table (foreign_agent, established_position) where to_position is null;
create unique index flow_table_open_leg on projection.flow_table (session_id, foreign_agent, care_of_address) where to_position is null;
create index flow_table_open_visitor on projection.flow_table (mobile_node) where to_position is null;
-- A past moment is read in the order of establishment, page by page, without sorting what was open then.
create index flow_table_past on projection.flow_table (foreign_agent, established_position, from_position);

create table projection.leases (
  session_id uuid not null,
  foreign_agent text collate "C" not null,
  care_of_address text collate "C" not null,
  expires_at timestamptz not null,
  primary key (session_id, foreign_agent, care_of_address)
) with (fillfactor = 70);
comment on table projection.leases is 'The lease of a leg, where it was extended since the leg''s row in flow_table was written. Not temporal: updated in place.';

create table projection.lease_extensions (
  foreign_agent text collate "C" not null,
  care_of_address text collate "C" not null,
  position bigint not null,
  expires_at timestamptz not null,
  sessions uuid[] not null,
  primary key (foreign_agent, care_of_address, position)
);
comment on table projection.lease_extensions is 'The past of leases, a row per LeasesExtended event as it stands in the log: what a lease was at a past position.';

create table projection.visitors (
  foreign_agent text collate "C" not null,
  care_of_address text collate "C" not null,
  mobile_node text collate "C" not null,
  home_address text collate "C" not null,
  home_agent text collate "C" not null,
  expires_at timestamptz,
  registration_revision bigint not null,
  cause text collate "C",
  from_position bigint not null,
  to_position bigint,
  primary key (foreign_agent, care_of_address, mobile_node, from_position)
) with (fillfactor = 90);
comment on table projection.visitors is 'Who visits a scope, temporal: every admission and renewal is a row.';
create unique index visitors_open on projection.visitors (foreign_agent, care_of_address, mobile_node) where to_position is null;

create table projection.collisions (
  session_id uuid not null,
  foreign_agent text collate "C" not null,
  care_of_address text collate "C" not null,
  mobile_node text collate "C",
  matched_session_id uuid not null,
  matched_mobile_node text collate "C",
  matched_state text collate "C" not null,
  matched_effective json not null,
  temporary_field text collate "C",
  temporary_value bigint,
  allocated_by text collate "C",
  choice text collate "C",
  occurred_at timestamptz not null,
  position bigint not null,
  primary key (session_id, foreign_agent, care_of_address, matched_session_id, matched_state)
);
comment on table projection.collisions is 'Every match: the session that came, and what its requested id overlapped.';
create index collisions_matched on projection.collisions (matched_session_id);

create table projection.quarantines (
  session_id uuid not null,
  quarantine text collate "C" not null,
  foreign_agent text collate "C" not null,
  care_of_address text collate "C" not null,
  mobile_node text collate "C",
  effective json not null,
  temporary_field text collate "C",
  temporary_value bigint,
  quarantined_until timestamptz not null,
  from_position bigint not null,
  to_position bigint,
  primary key (foreign_agent, care_of_address, quarantine, from_position)
) with (fillfactor = 90);
comment on table projection.quarantines is 'Released ids that are not to be used again yet, temporal.';
create index quarantines_open on projection.quarantines (foreign_agent, care_of_address, quarantine) where to_position is null;

create table projection.sessions (
  session_id uuid primary key,
  state text collate "C" not null,
  mobile_node text collate "C",
  home_address text collate "C",
  home_agent text collate "C",
  foreign_agent text collate "C" not null,
  care_of_address text collate "C" not null,
  correspondent_node text collate "C",
  protocol integer not null,
  destination_port integer,
  source_port integer,
  flow_label integer,
  spi bigint,
  senders json,
  requested json not null,
  effective json,
  temporary_field text collate "C",
  temporary_value bigint,
  style text collate "C",
  service text collate "C",
  tspec json,
  refresh_period_ms bigint not null,
  established_at timestamptz not null,
  established_position bigint not null,
  closed_at timestamptz,
  cause text collate "C",
  replaces uuid,
  changed_at timestamptz not null,
  stream text collate "C" not null,
  revision bigint not null,
  position bigint not null
) with (fillfactor = 80);
comment on table projection.sessions is 'Every QoS session, released ones too, as it is now or was last.';
create unique index sessions_established on projection.sessions (established_position);
create index sessions_mobile_node on projection.sessions (mobile_node, established_position);

create table projection.session_legs (
  session_id uuid not null,
  foreign_agent text collate "C" not null,
  care_of_address text collate "C" not null,
  effective json,
  temporary_field text collate "C",
  temporary_value bigint,
  matched json not null,
  started_at timestamptz not null,
  started_position bigint not null,
  ended_at timestamptz,
  ended_position bigint,
  cause text collate "C",
  quarantined_until timestamptz,
  primary key (session_id, started_position)
) with (fillfactor = 80);
comment on table projection.session_legs is 'The legs of every session: where it was, with which effective id, from when to when.';

create table projection.registrations (
  mobile_node text collate "C" not null,
  foreign_agent text collate "C" not null,
  care_of_address text collate "C" not null,
  home_agent text collate "C" not null,
  home_address text collate "C" not null,
  state text collate "C" not null,
  flags json not null,
  identification text collate "C",
  granted_lifetime_seconds integer not null,
  expires_at timestamptz,
  code integer not null,
  code_name text not null,
  accepted_at timestamptz not null,
  renewed_at timestamptz,
  ended_at timestamptz,
  cause text collate "C",
  accepted_position bigint not null,
  revision bigint not null,
  position bigint not null,
  primary key (mobile_node, accepted_position)
) with (fillfactor = 80);
comment on table projection.registrations is 'Bindings of mobile nodes, current and ended.';
create unique index registrations_active on projection.registrations (mobile_node, care_of_address) where state = 'active';

create table projection.mobile_nodes (
  mobile_node text collate "C" primary key,
  home_address text collate "C" not null,
  home_agent text collate "C" not null,
  first_seen_at timestamptz not null,
  first_position bigint not null,
  changed_at timestamptz not null,
  revision bigint not null,
  position bigint not null
) with (fillfactor = 80);
create unique index mobile_nodes_first on projection.mobile_nodes (first_position);

create table projection.foreign_agents (
  foreign_agent text collate "C" primary key,
  name text collate "C",
  provisioned boolean not null,
  learned_from text collate "C",
  care_of_addresses text[] not null,
  pools json,
  policy json,
  first_position bigint not null,
  changed_at timestamptz not null,
  removed_at timestamptz,
  revision bigint not null,
  position bigint not null
) with (fillfactor = 80);
comment on column projection.foreign_agents.pools is 'Null: the defaults, nothing was provisioned.';
create unique index foreign_agents_first on projection.foreign_agents (first_position);

create table projection.scopes (
  foreign_agent text collate "C" not null,
  care_of_address text collate "C" not null,
  pools json,
  policy json,
  withdrawn boolean not null,
  position bigint not null,
  primary key (foreign_agent, care_of_address)
) with (fillfactor = 80);
comment on table projection.scopes is 'What is in force in each scope, as its own stream was told.';
