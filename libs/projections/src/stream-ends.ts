import { rowsOf, type Projection, type Statement } from './projection';

const move: Statement = {
  name: 'stream-ends-move',
  merges: true,
  sql: `insert into stream_ends (stream, revision, position)
    select e.stream, max(e.revision), max(e.position) from ${rowsOf({ stream: 'text', revision: 'bigint', position: 'bigint' })} group by e.stream
    on conflict (stream) do update set revision = excluded.revision, position = excluded.position where stream_ends.revision < excluded.revision`,
};

/** How far each stream goes: whoever folds it later knows by that whether its end was taken away. From no payload, so that none can park it. */
export const streamEnds: Projection = {
  name: 'stream-ends',
  categories: null,
  project: ({ stream, revision, position }) => [{ statement: move, keys: [`end of ${stream}`], row: { stream, revision, position } }],
};
