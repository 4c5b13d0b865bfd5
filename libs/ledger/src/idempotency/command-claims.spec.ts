import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { CommandClaims } from './command-claims';

const commandId = (number: number): string => `00000000-0000-5000-8000-${String(number).padStart(12, '0')}`;

describe('claims of Idempotency-Keys', () => {
  let database: TestDatabase;
  let claims: CommandClaims;
  beforeEach(async () => {
    database = await openTestDatabase();
    claims = new CommandClaims(database.pool);
  });
  afterEach(() => database.close());

  const standing = async (): Promise<unknown[]> => (await database.pool.query('select command_id from ledger.command_claims order by 1')).rows.map((row) => Object.values(row as object)[0]);
  const age = (interval: string): Promise<unknown> => database.pool.query(`update ledger.command_claims set claimed_at = now() - interval '${interval}'`);
  const asked = (...numbers: number[]) => numbers.map((number) => ({ commandId: commandId(number), bodyDigest: `digest of ${number}` }));

  it('F11 whoever comes first has the key, in each order and at once', async () => {
    const other = new CommandClaims(database.pool);
    expect(await claims.claim(asked(2, 1))).toEqual(['digest of 2', 'digest of 1']);
    expect(await other.claim([...asked(3), { commandId: commandId(1), bodyDigest: 'another' }])).toEqual(['digest of 3', 'digest of 1']);
    const many = Array.from({ length: 200 }, (_, index) => ({ commandId: commandId(index + 10), bodyDigest: 'a' }));
    const theirs = many.map((claim) => ({ ...claim, bodyDigest: 'b' })).reverse();
    const [first, second] = await Promise.all([claims.claim(many), other.claim(theirs)]);
    expect(first).toEqual([...second].reverse());
  });

  it('a claim is kept for 24 h, or until the command is found by its events or its answer', async () => {
    await claims.claim(asked(1, 2, 3));
    await database.pool.query(`insert into ledger.command_answers (command_id, body_digest, answer) values ($1, 'd', '{}')`, [commandId(1)]);
    await database.pool.query(
      `insert into projection.commands (command_id, stream, body_digest, first_revision, last_revision, batch_end, position) values ($1, 's', 'd', 0, 0, 0, 1)`, [commandId(2)],
    );
    const sweep = (from: number): Promise<unknown> => claims.claim(asked(...Array.from({ length: 10_000 }, (_, index) => from + index)));
    await sweep(100_000);
    expect((await standing()).slice(0, 3)).toEqual([commandId(1), commandId(2), commandId(3)]);
    await age('2 minutes');
    await sweep(200_000);
    expect((await standing())[0]).toBe(commandId(3));
    await age('25 hours');
    expect(await claims.claim([{ commandId: commandId(3), bodyDigest: 'anew' }])).toEqual(['anew']);
    await sweep(300_000);
    expect((await standing()).slice(0, 2)).toEqual([commandId(3), commandId(300_000)]);
  });
});
