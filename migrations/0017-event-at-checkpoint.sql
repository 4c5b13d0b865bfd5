-- Which event the read tables have read last: where the log has another one there, or none, it was changed from outside, and what the tables
-- show is no more what the log tells. The id counts only where its position is the checkpoint's: who moves the checkpoint without it, as
-- a server of an earlier version does, says nothing of it.
alter table projection.checkpoints add column event_position bigint, add column event_id uuid;
comment on column projection.checkpoints.event_id is 'The event at event_position, which the checkpoint was moved to.';
