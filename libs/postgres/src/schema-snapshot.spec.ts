import fs from 'node:fs';
import path from 'node:path';
import { migrationsDirectory } from './migration-files';
import { schemaSnapshot } from './schema-snapshot';
import { openTestDatabase, type TestDatabase } from './test-database.testing';

describe('migrations/schema.sql', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it('is what the migrations make; renew it with npm run schema:snapshot', async () => {
    const { rows } = await database.pool.query<{ server_version: string }>('show server_version');
    // PostgreSQL words its definitions differently from version to version; the snapshot is that of the bundled one.
    expect(rows[0]?.server_version).toMatch(/^18/);
    const kept = fs.readFileSync(path.join(migrationsDirectory(), 'schema.sql'), 'utf8');
    expect(await schemaSnapshot(database.pool)).toBe(kept);
  });

  it('shows every kind of object, with its grants and comments', async () => {
    await database.pool.query(`
      create schema shown;
      create type shown.colour as enum ('red', 'green');
      create domain shown.port as integer check (value between 0 and 65535);
      create sequence shown.numbers;
      create table shown.things (
        id bigint generated always as identity primary key,
        colour shown.colour not null default 'red',
        name text collate "C" unique,
        port shown.port,
        doubled integer generated always as (2 * length(name)) stored,
        constraint named_when_green check (colour <> 'green' or name is not null)
      ) with (fillfactor = 70);
      create index things_by_length on shown.things (length(name)) where port is not null;
      create function shown.refuse() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger refused before delete on shown.things execute function shown.refuse();
      alter table shown.things enable always trigger refused;
      create view shown.green with (security_barrier) as select id, name from shown.things where colour = 'green';
      grant select on shown.green to public;
      revoke execute on function shown.refuse() from public;
      comment on view shown.green is 'It''s green.';
      comment on column shown.things.port is 'UDP or TCP.';
    `);
    const text = await schemaSnapshot(database.pool, ['shown']);
    for (const part of [
      "create type shown.colour as enum ('red', 'green');",
      'create domain shown.port as integer CHECK',
      'create sequence shown.numbers as bigint',
      '  id bigint not null generated always as identity,',
      "  colour shown.colour not null default 'red'::shown.colour,",
      '  name text collate "C",',
      '  doubled integer generated always as ((2 * length(name))) stored',
      "  constraint named_when_green CHECK (((colour <> 'green'::shown.colour) OR (name IS NOT NULL)))",
      ') with (fillfactor=70);',
      'CREATE INDEX things_by_length ON shown.things USING btree (length(name)) WHERE (port IS NOT NULL);',
      'enable always trigger refused;',
      'create view shown.green with (security_barrier=true) as',
      'grant select on table shown.green to public;',
      "comment on view shown.green is 'It''s green.';",
      "comment on column shown.things.port is 'UDP or TCP.';",
      'CREATE OR REPLACE FUNCTION shown.refuse()',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('grant execute');
  });
});
