import type { Flow } from '#domain';
import type { AgentSide, Difference, LedgerSide, Reconciliation } from '#ledger';
import { flowId, sender } from './flow-shapes';
import { address, boolean, decimal, fields, integer, list, oneOf, orNull, record, string, uuid } from './shape';

const flow = record<Flow>(
  'Flow',
  { correspondentNode: address, protocol: integer, destinationPort: integer, sourcePort: integer, flowLabel: integer, spi: integer, senders: list(sender) },
  ['correspondentNode', 'destinationPort', 'sourcePort', 'flowLabel', 'spi', 'senders'],
);

const sides = { careOfAddress: address, effective: flowId, mobileNode: orNull(string) };

const difference = record<Difference>('Difference', {
  difference: oneOf('missing-at-agent', 'unknown-to-ledger', 'different'),
  fields: list(oneOf('sessionId', 'mobileNode', 'flow', 'effective')),
  ledger: orNull(fields<LedgerSide>({ ...sides, sessionId: uuid, flow, state: oneOf('live', 'path-only', 'orphaned') })),
  agent: orNull(fields<AgentSide>({ ...sides, sessionId: orNull(uuid), flow: orNull(flow), line: integer })),
  released: boolean,
});

export const reconciliation = record<Reconciliation>('Reconciliation', {
  foreignAgent: string,
  applied: boolean,
  counts: fields<Reconciliation['counts']>({
    ledger: integer, agent: integer, same: integer, missingAtAgent: integer, unknownToLedger: integer, different: integer, released: integer,
  }),
  differences: list(difference),
  position: decimal,
});
