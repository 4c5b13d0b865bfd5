import type { Pool } from 'pg';
import type { Append, Verdict } from './append-queue';
import { AppendRefused, EventStoreUnavailable } from './event-store';
import { int4Array, int8Array, textArray, uuidArray } from './postgres-array';
import { callPostgres, sqlStateOf, type Call } from './postgres-call';

/** Data exception and program limit exceeded: the fault of one append, which must not fail those that share its batch. */
const ownFault = /^(22|54)/;

/** A batch in one round trip and one commit, a verdict for each append. @throws EventStoreUnavailable, OutcomeUnknown for all of them */
export async function appendBatch(pool: Pool, batch: readonly Append[], timeoutMs: number): Promise<readonly Verdict[]> {
  try {
    const [row] = await callPostgres(pool, appendCall(batch), timeoutMs);
    const [verdicts, revisions, positions] = row!.map(elementsOf);
    return batch.map((append, index) => verdictOf(append, Number(verdicts![index]), BigInt(revisions![index]!), BigInt(positions![index]!)));
  } catch (error) {
    if (!ownFault.test(sqlStateOf(error) ?? '')) throw error;
    if (batch.length === 1) return [new AppendRefused((error as Error).message, { cause: error })];
    const verdicts: Verdict[] = [];
    for (const append of batch) verdicts.push(...(await appendBatch(pool, [append], timeoutMs).catch((alone: Error) => [alone])));
    return verdicts;
  }
}

function appendCall(batch: readonly Append[]): Call {
  const lastOfStream = new Map<string, number>();
  const earlier = batch.map(({ stream }, index) => {
    const before = lastOfStream.get(stream) ?? 0;
    lastOfStream.set(stream, index + 1);
    return before;
  });
  const events = batch.flatMap((append) => append.events);
  return {
    name: 'ledger.append',
    text: 'select verdicts, revisions, positions from ledger.append($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    values: [
      textArray(batch.map(({ stream }) => stream)),
      int8Array(batch.map(({ expected }) => (expected === 'no-stream' ? -1n : expected))),
      int4Array(batch.map((append) => append.events.length)),
      int4Array(earlier),
      int4Array(batch.flatMap((append, index) => append.events.map(() => index + 1))),
      uuidArray(events.map(({ id }) => id)),
      textArray(events.map(({ type }) => type)),
      textArray(events.map(({ data }) => data)),
      textArray(events.map(({ metadata }) => metadata)),
    ],
  };
}

/** The verdicts of ledger.append, migrations/0001-log.sql. */
function verdictOf({ stream, events }: Append, verdict: number, revision: bigint, position: bigint): Verdict {
  switch (verdict) {
    case 1:
      return { outcome: 'appended', revision, position };
    case 0:
      return { outcome: 'wrong-expected-revision', actual: revision < 0n ? 'no-stream' : revision };
    case -1:
      return new AppendRefused(`${stream}, revision ${revision}: another type or other data is stored under the id of one of ${events.length} events`);
    default:
      return new EventStoreUnavailable(`ledger.append answered ${verdict}: the schema is another version's`);
  }
}

const elementsOf = (array: string): readonly string[] => array.slice(1, -1).split(',');
