import type { TemporaryField } from './flow';

/** Inclusive. */
export interface ValueRange {
  readonly first: number;
  readonly last: number;
}

/** The values of a pool; `null` in place of a range is an empty pool. */
export interface PoolRange extends ValueRange {
  /** Values inside that are never handed out: they are others', of whom the ledger does not hear. */
  readonly reserved?: readonly ValueRange[];
}

export type Pools = Readonly<Record<TemporaryField, PoolRange | null>>;

/** Who allocated a temporary flow id, or is asked to. */
export type Allocator = 'foreign-agent' | 'home-agent' | 'ledger';

export interface Policy {
  /** The outer source of tunnelled packets: the correspondent node (as in the patent family) or the home agent (RFC 2746). */
  readonly outerSource: 'correspondent-node' | 'home-agent';
  readonly handoff: 'make-before-break' | 'break-before-make' | 'none';
  readonly mixedClassifiers: boolean;
  readonly allocator: Allocator;
  readonly replayProtection: 'rising' | 'timestamps' | 'nonces';
  /** From 0 to the longest that a time can say; null: max(120 s, the session's own soft-state lifetime). */
  readonly quarantineSeconds: number | null;
  /** 65535 is infinite, RFC 5944 §3.3. */
  readonly maximumLifetimeSeconds: number;
}

/** Nearly 8,000 years: the year of a time has four digits (RFC 3339 §5.6), and whatever is quarantined so long ends before 9999. */
export const longestQuarantineSeconds = 250_000_000_000;

export const defaultPools: Pools = {
  sourcePort: { first: 49152, last: 65535 },
  destinationPort: { first: 49152, last: 65535 },
  flowLabel: { first: 1, last: 0xfffff },
  greKey: { first: 1, last: 0xffffffff },
};

export const defaultPolicy: Policy = {
  outerSource: 'correspondent-node',
  handoff: 'make-before-break',
  mixedClassifiers: false,
  allocator: 'foreign-agent',
  replayProtection: 'rising',
  quarantineSeconds: null,
  maximumLifetimeSeconds: 65535,
};

/** Largest and smallest value that each field can hold on the wire; a pool must lie inside. */
export const fieldRanges: Readonly<Record<TemporaryField, ValueRange>> = {
  sourcePort: { first: 1, last: 65535 },
  destinationPort: { first: 1, last: 65535 },
  flowLabel: { first: 1, last: 0xfffff },
  greKey: { first: 1, last: 0xffffffff },
};

export function contains(range: PoolRange | null, value: number): boolean {
  return range !== null && value >= range.first && value <= range.last && reservedAround(range, value) === undefined;
}

/** The reserved range that the value lies in. */
export function reservedAround({ reserved = [] }: PoolRange, value: number): ValueRange | undefined {
  return reserved.find(({ first, last }) => value >= first && value <= last);
}

/** How many values the pool hands out. Reserved ranges lie inside of it and apart from one another. */
export function sizeOf(range: PoolRange | null): number {
  if (range === null) return 0;
  return (range.reserved ?? []).reduce((size, { first, last }) => size - (last - first + 1), range.last - range.first + 1);
}

/** What is wrong with a range of a pool, by itself; null: nothing. `path` names the field inside the range. */
export function poolRangeFault(field: TemporaryField, range: PoolRange): { readonly path: string; readonly detail: string } | null {
  const { first, last } = fieldRanges[field];
  if (range.first > range.last) return { path: '', detail: 'the first value of a pool must not be greater than the last' };
  if (range.first < first || range.last > last) return { path: '', detail: `a pool of ${field} lies within ${first} to ${last}` };
  for (const [index, span] of (range.reserved ?? []).entries()) {
    const path = `/reserved/${index}`;
    if (span.first > span.last) return { path, detail: 'the first reserved value must not be greater than the last' };
    if (span.first < range.first || span.last > range.last) return { path, detail: `what is reserved lies within ${range.first} to ${range.last}` };
    const other = range.reserved!.findIndex((o, i) => i < index && o.first <= span.last && span.first <= o.last);
    if (other >= 0) return { path, detail: `overlaps entry ${other}` };
  }
  return null;
}
