import type { Pool } from 'pg';
import type { Append, Verdict } from './append-queue';
import { AppendRefused, EventStoreUnavailable, type RecordedEvent } from './event-store';
import { LogCutShort, type KnownEvent } from './known-event';
import { int4Array, int8Array, textArray, uuidArray } from './postgres-array';
import { callPostgres, knownEventMissing, sqlStateOf, type Call } from './postgres-call';

/** Data exception and program limit exceeded: the fault of one append, which must not fail those that share its batch. */
const ownFault = /^(22|54)/;

/** Told of what a call wrote, in the order of positions, without a gap, before its verdicts are. */
export type OnWritten = (events: readonly RecordedEvent[]) => void;

/**
 * A batch in one round trip and one commit, a verdict for each append.
 * @param known an event that must still be there
 * @throws EventStoreUnavailable (LogCutShort: the known event is gone), OutcomeUnknown for all of them
 */
export async function appendBatch(
  pool: Pool, batch: readonly Append[], timeoutMs: number, known: KnownEvent | null, onWritten?: OnWritten,
): Promise<readonly Verdict[]> {
  try {
    const [row] = await callPostgres(pool, appendCall(batch, known), timeoutMs);
    const [verdicts, revisions, positions, headBefore, writtenAt] = row!;
    const answers = answersOf(verdicts!, revisions!, positions!);
    if (writtenAt) onWritten?.(writtenEvents(batch, answers, BigInt(headBefore!), writtenAt));
    return batch.map((append, index) => verdictOf(append, answers[index]!));
  } catch (error) {
    if (known !== null && sqlStateOf(error) === knownEventMissing) throw new LogCutShort(known, { cause: error });
    if (!ownFault.test(sqlStateOf(error) ?? '')) throw error;
    if (batch.length === 1) return [new AppendRefused((error as Error).message, { cause: error })];
    const verdicts: Verdict[] = [];
    for (const append of batch) verdicts.push(...(await appendBatch(pool, [append], timeoutMs, known, onWritten).catch((alone: Error) => [alone])));
    return verdicts;
  }
}

function appendCall(batch: readonly Append[], known: KnownEvent | null): Call {
  const lastOfStream = new Map<string, number>();
  const earlier = batch.map(({ stream }, index) => {
    const before = lastOfStream.get(stream) ?? 0;
    lastOfStream.set(stream, index + 1);
    return before;
  });
  const events = batch.flatMap((append) => append.events);
  return {
    name: 'ledger.append-behind',
    text: 'select verdicts, revisions, positions, head_before, written_at from ledger.append_behind($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
    values: [
      known?.position,
      known?.id,
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

/** Of one append, as ledger.append answers it: migrations/0013-append-alone.sql. */
interface Answer {
  readonly verdict: number;
  readonly revision: bigint;
  readonly position: bigint;
}

function verdictOf({ stream, events }: Append, { verdict, revision, position }: Answer): Verdict {
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

/** A repeat has the position of its first time, be that before this call or an append before it in the same one. */
function writtenEvents(batch: readonly Append[], answers: readonly Answer[], headBefore: bigint, recordedAt: string): readonly RecordedEvent[] {
  const written: RecordedEvent[] = [];
  let last = headBefore;
  for (const [index, { stream, events }] of batch.entries()) {
    const { verdict, revision, position } = answers[index]!;
    if (verdict !== 1 || position <= last) continue;
    const firstRevision = revision - BigInt(events.length) + 1n;
    for (const [place, { id, type, data, metadata }] of events.entries()) {
      last += 1n;
      written.push({ position: last, stream, revision: firstRevision + BigInt(place), id, type, data, metadata, recordedAt });
    }
  }
  return written;
}

function answersOf(verdicts: string, revisions: string, positions: string): readonly Answer[] {
  const [revision, position] = [elementsOf(revisions), elementsOf(positions)];
  return elementsOf(verdicts).map((verdict, index) => ({ verdict: Number(verdict), revision: BigInt(revision[index]!), position: BigInt(position[index]!) }));
}

const elementsOf = (array: string): readonly string[] => array.slice(1, -1).split(',');
