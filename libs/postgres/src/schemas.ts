import type pg from 'pg';

/**
 * What is there before the first migration: the schema `ledger` (the log and its record of migrations, for the ledger's role alone),
 * the schema `qos` (what others may read) and the group role `ledger_reader`. Idempotent; run under the migration lock.
 */
export async function createSchemas(client: pg.ClientBase): Promise<void> {
  await client.query(`
    create schema if not exists ledger;
    revoke all on schema ledger from public;
    comment on schema ledger is 'The log. Written by the ledger alone; read schema qos instead.';
    create schema if not exists qos;
    comment on schema qos is 'Read tables and views for dashboards and notebooks; role ledger_reader may select.';
    create table if not exists ledger.ledger_migrations (
      number     integer     primary key check (number > 0),
      name       text        not null,
      checksum   text        not null,
      applied_at timestamptz not null default now()
    );
    comment on table ledger.ledger_migrations is 'Which migrations/NNNN-name.sql this database has, with the SHA-256 of each.';
  `);
}

/**
 * Lets `ledger_reader` read `qos`, now and for whatever this role makes there later, so that no migration has to name it.
 *
 * Roles belong to the whole server: another database's ledger may make the same one at this moment, and a server may not let us
 * make any. Then the read schema is the owner's alone, a notice says so, and the next start tries again.
 */
export async function grantReaderRole(client: pg.ClientBase): Promise<boolean> {
  await client.query(`
    do $$
    begin
      if not exists (select from pg_roles where rolname = 'ledger_reader') then
        create role ledger_reader nologin;
      end if;
    exception
      when duplicate_object or unique_violation then null;
      when insufficient_privilege then
        raise notice 'role ledger_reader is not there and may not be created: grant it by hand for dashboards to read schema qos';
    end $$`);
  const { rowCount } = await client.query(`select from pg_roles where rolname = 'ledger_reader'`);
  if (rowCount === 0) return false;
  await client.query(`
    grant usage on schema qos to ledger_reader;
    alter default privileges in schema qos grant select on tables to ledger_reader;
    grant select on all tables in schema qos to ledger_reader;
  `);
  return true;
}
