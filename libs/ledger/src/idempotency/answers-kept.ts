import type pg from 'pg';
import type { Outcome } from './command';
import { GroupedCalls } from './grouped-calls';
import { Sweep } from './sweep';

export interface KeptAnswer {
  readonly bodyDigest: string;
  readonly outcome: Outcome<unknown>;
}

interface Keeping extends KeptAnswer {
  readonly commandId: string;
  /** Else for 24 h. */
  readonly forEver: boolean;
}

const answersAtOnce = 1_000;
const answersBetweenSweeps = 1_000;

/**
 * Answers that no event tells, or not whole: of commands with a key that appended nothing for 24 h, of those that appended to several
 * streams for ever. Whoever waits for a commit shares it.
 */
export class AnswersKept {
  private readonly writing: GroupedCalls<Keeping, void>;
  private readonly swept = new Sweep(answersBetweenSweeps, () => this.sweep());

  constructor(private readonly pool: pg.Pool) {
    this.writing = new GroupedCalls((answers) => this.write(answers), answersAtOnce);
  }

  async find(commandIds: readonly string[]): Promise<ReadonlyMap<string, KeptAnswer>> {
    const { rows } = await this.pool.query<{ command_id: string; body_digest: string; answer: string }>({
      name: 'command-answers',
      text: `select command_id, body_digest, answer from ledger.command_answers
        where command_id = any($1) and (for_ever or answered_at > now() - interval '24 hours')`,
      values: [commandIds],
    });
    return new Map(rows.map((row) => [row.command_id, { bodyDigest: row.body_digest, outcome: JSON.parse(row.answer) as Outcome<unknown> }]));
  }

  /** Resolves when the answer is durable. */
  keep(answer: Keeping): Promise<void> {
    return this.writing.ask(answer);
  }

  /** In the order of their ids, so that two servers never wait for each other. */
  private async write(answers: readonly Keeping[]): Promise<void[]> {
    await this.pool.query({
      name: 'keep-command-answers',
      text: `insert into ledger.command_answers (command_id, body_digest, answer, for_ever)
        select distinct on (a.command_id) a.* from unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[]) a(command_id, body_digest, answer, for_ever)
        order by a.command_id
        on conflict (command_id) do update set body_digest = excluded.body_digest, answer = excluded.answer, for_ever = excluded.for_ever, answered_at = now()
        where not command_answers.for_ever and command_answers.answered_at <= now() - interval '24 hours'`,
      values: [
        answers.map(({ commandId }) => commandId), answers.map(({ bodyDigest }) => bodyDigest),
        answers.map(({ outcome }) => JSON.stringify(outcome)), answers.map(({ forEver }) => forEver),
      ],
    });
    await this.swept.wrote(answers.length);
    return new Array<void>(answers.length);
  }

  private async sweep(): Promise<void> {
    await this.pool.query(`delete from ledger.command_answers where answered_at < now() - interval '24 hours' and not for_ever`);
  }
}
