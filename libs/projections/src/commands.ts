import { isCategory } from '#domain';
import { categoryOf } from '#event-store';
import { rowsOf, type Projection, type Statement } from './projection';

const columns = {
  command_id: 'text',
  stream: 'text',
  body_digest: 'text',
  revision: 'bigint',
  batch_end: 'bigint',
  position: 'bigint',
};

const record: Statement = {
  name: 'commands-record',
  merges: true,
  sql: `insert into commands (command_id, stream, body_digest, first_revision, last_revision, batch_end, position)
    select e.command_id, e.stream, min(e.body_digest), min(e.revision), max(e.revision), max(e.batch_end), max(e.position)
    from ${rowsOf(columns)} group by e.command_id, e.stream
    on conflict (command_id, stream) do update
    set last_revision = excluded.last_revision, batch_end = excluded.batch_end, position = excluded.position`,
};

/** Every command that appended events, known by its id for ever; from metadata alone, so that no payload can park it. */
export const commands: Projection = {
  name: 'commands',
  categories: null,
  project: ({ stream, revision, position, metadata }) => {
    // Of another ledger on the same node, whose keys are its own.
    if (!isCategory(categoryOf(stream))) throw new Error('The stream is of no category of the ledger.');
    const { commandId, bodyDigest, batchEnd } = metadata;
    if (typeof commandId !== 'string' || typeof bodyDigest !== 'string') throw new Error('The metadata name no command.');
    const row = { command_id: commandId, stream, body_digest: bodyDigest, revision, batch_end: batchEnd ?? revision, position };
    return [{ statement: record, keys: [`command ${commandId} ${stream}`], row }];
  },
};
