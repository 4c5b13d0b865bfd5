-- A session's history goes on with the session that took over from it (ESP rekey): most replace none.
create index sessions_replaces on projection.sessions (replaces) where replaces is not null;
