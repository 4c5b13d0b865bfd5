import type { Policy, PoolRange, Pools, ValueRange } from '#domain';
import type { ForeignAgentAnswer, ForeignAgentRow, RebootAnswer, RefusalExample, RefusalRow, RemovalAnswer } from '#ledger';
import { address, anything, boolean, decimal, fields, integer, list, map, number, oneOf, orNull, record, string, time, type Fields } from './shape';

const reserved = list(record<ValueRange>('ValueRange', { first: integer, last: integer }));
const poolRange = orNull(record<PoolRange>('PoolRange', { first: integer, last: integer, reserved }, ['reserved']));
const pools = record<Pools>('Pools', { sourcePort: poolRange, destinationPort: poolRange, flowLabel: poolRange, greKey: poolRange });

const policy = record<Policy>('Policy', {
  outerSource: oneOf('correspondent-node', 'home-agent'),
  handoff: oneOf('make-before-break', 'break-before-make', 'none'),
  mixedClassifiers: boolean,
  allocator: oneOf('foreign-agent', 'home-agent', 'ledger'),
  replayProtection: oneOf('rising', 'timestamps', 'nonces'),
  quarantineSeconds: orNull(number),
  maximumLifetimeSeconds: integer,
});

type Counts = ForeignAgentRow['counts'];
type ScopeCounts = Counts['scopes'][number];

const counts: Fields<Omit<Counts, 'scopes'>> = {
  live: integer,
  pathOnly: integer,
  orphaned: integer,
  degraded: integer,
  temporary: integer,
  quarantined: integer,
  free: fields<Counts['free']>({ sourcePort: integer, destinationPort: integer, flowLabel: integer, greKey: integer }),
};

export const foreignAgentRow = record<ForeignAgentRow>('ForeignAgent', {
  foreignAgent: string,
  name: orNull(string),
  provisioned: boolean,
  learnedFrom: orNull(oneOf('registration', 'advertisement', 'reservation')),
  careOfAddresses: list(address),
  pools,
  policy,
  counts: fields<Counts>({ ...counts, scopes: list(fields<ScopeCounts>({ ...counts, careOfAddress: address })) }),
  changedAt: time,
  revision: decimal,
  position: decimal,
});

export const foreignAgentAnswer = record<ForeignAgentAnswer>('ForeignAgentAnswer', {
  foreignAgent: string,
  name: orNull(string),
  careOfAddresses: list(address),
  pools,
  policy,
  revision: decimal,
  created: boolean,
  position: decimal,
});

export const removalAnswer = record<RemovalAnswer>('RemovalAnswer', { foreignAgent: string, released: integer, position: decimal });

export const rebootAnswer = record<RebootAnswer>('RebootAnswer', {
  foreignAgent: string, careOfAddresses: list(address), visitors: integer, released: integer, revision: decimal, position: decimal,
});

/** Of one kind and reason. */
export const refusalRow = record<RefusalRow>('Refusal', {
  kind: oneOf('refusal', 'violation'),
  reason: string,
  code: orNull(integer),
  count: integer,
  firstAt: time,
  lastAt: time,
  lastExample: fields<RefusalExample>({ command: string, mobileNode: orNull(string), detail: string, facts: map(anything) }),
});
