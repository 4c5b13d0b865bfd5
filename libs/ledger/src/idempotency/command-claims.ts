import type pg from 'pg';
import { Sweep } from './sweep';

export interface Claim {
  readonly commandId: string;
  readonly bodyDigest: string;
}

const claimsBetweenSweeps = 10_000;

/**
 * Whose an Idempotency-Key is, from before its command is decided: the read tables tell of a command only when they have come there, and two
 * servers may be asked at once. A claim stands until the command can be found by its events or its answer, at the latest for 24 h; it outlives
 * by far whoever looked for these before they stood.
 */
export class CommandClaims {
  private readonly swept = new Sweep(claimsBetweenSweeps, () => this.sweep());

  constructor(private readonly pool: pg.Pool) {}

  /** Claims what nobody has claimed. @returns the digest that the command was claimed with first, for each in their order */
  async claim(claims: readonly Claim[]): Promise<readonly string[]> {
    const standing = new Map<string, string>();
    // Whoever claims at the same instant is not seen yet by the statement that finds the claim taken.
    for (let open = claims; open.length > 0; open = claims.filter(({ commandId }) => !standing.has(commandId))) {
      for (const { command_id: commandId, body_digest: bodyDigest } of await this.write(open)) standing.set(commandId, bodyDigest);
    }
    await this.swept.wrote(claims.length);
    return claims.map(({ commandId }) => standing.get(commandId)!);
  }

  /** In the order of their ids, so that two servers never wait for each other. */
  private async write(claims: readonly Claim[]): Promise<readonly { readonly command_id: string; readonly body_digest: string }[]> {
    const { rows } = await this.pool.query<{ command_id: string; body_digest: string }>({
      name: 'claim-commands',
      text: `with asked as (select distinct on (command_id) * from unnest($1::uuid[], $2::text[]) a(command_id, body_digest) order by command_id),
          claimed as (
            insert into ledger.command_claims (command_id, body_digest) select command_id, body_digest from asked order by command_id
            on conflict (command_id) do update set body_digest = excluded.body_digest, claimed_at = now()
            where command_claims.claimed_at <= now() - interval '24 hours' returning command_id, body_digest)
        select command_id, body_digest from claimed
        union all select c.command_id, c.body_digest from ledger.command_claims c
        where c.command_id = any($1) and c.claimed_at > now() - interval '24 hours'`,
      values: [claims.map(({ commandId }) => commandId), claims.map(({ bodyDigest }) => bodyDigest)],
    });
    return rows;
  }

  private async sweep(): Promise<void> {
    await this.pool.query(`delete from ledger.command_claims c where claimed_at < now() - interval '1 minute' and (
        claimed_at < now() - interval '24 hours'
        or exists (select from projection.commands known where known.command_id = c.command_id::text)
        or exists (select from ledger.command_answers kept where kept.command_id = c.command_id))`);
  }
}
