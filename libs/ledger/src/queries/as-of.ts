import type { EventStore } from '#event-store';
import { readInstant } from './column-kinds';
import { ParameterFaults } from './parameter-faults';

/** A past moment that a read asks for; one of the two, or none: now. */
export interface Moment {
  readonly asOfPosition?: bigint | null;
  /** RFC 3339: everything that was recorded by then. */
  readonly asOfTime?: string | null;
}

/**
 * @returns the position of the moment; null: now
 * @throws ParameterFaults where the ledger has not come so far, or both are given
 */
export async function readMoment(store: EventStore, { asOfPosition = null, asOfTime = null }: Moment): Promise<bigint | null> {
  if (asOfTime !== null) {
    if (asOfPosition !== null) throw new ParameterFaults([{ parameter: 'asOfTime', detail: 'Either asOfPosition or asOfTime is taken, not both.' }]);
    const time = readInstant(asOfTime);
    if (time === undefined) throw new ParameterFaults([{ parameter: 'asOfTime', detail: 'The value must be a time as in 2026-01-31T23:59:59.000Z.' }]);
    return positionAt(store, time);
  }
  if (asOfPosition === null) return null;
  const head = await store.head();
  if (asOfPosition > head) throw new ParameterFaults([{ parameter: 'asOfPosition', detail: `The ledger ends at position ${head}.` }]);
  return asOfPosition;
}

/** The last event that was recorded by that time: positions are dense and `recordedAt` rises with them, so halving finds it. */
async function positionAt(store: EventStore, time: string): Promise<bigint> {
  let low = 0n;
  let high = await store.head();
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if ((await recordedAt(store, middle)) <= time) low = middle;
    else high = middle - 1n;
  }
  return low;
}

async function recordedAt(store: EventStore, position: bigint): Promise<string> {
  for await (const event of store.readAll({ after: position - 1n, limit: 1 })) return event.recordedAt;
  throw new RangeError(`The log has no event at position ${position}.`);
}
