import type { TemporaryField } from './flow';

/** An inclusive range of values; `null` in place of a range is an empty pool. */
export interface PoolRange {
  readonly first: number;
  readonly last: number;
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
  /** Any value ≥ 0; null: max(120 s, the session's own soft-state lifetime). */
  readonly quarantineSeconds: number | null;
  /** 65535 is infinite, RFC 5944 §3.3. */
  readonly maximumLifetimeSeconds: number;
}

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
export const fieldRanges: Readonly<Record<TemporaryField, PoolRange>> = {
  sourcePort: { first: 1, last: 65535 },
  destinationPort: { first: 1, last: 65535 },
  flowLabel: { first: 1, last: 0xfffff },
  greKey: { first: 1, last: 0xffffffff },
};
