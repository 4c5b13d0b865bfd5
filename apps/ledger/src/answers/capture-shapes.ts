import type { LedgerParts } from '#ledger';
import { address, decimal, fields, integer, list, map, oneOf, record, string } from './shape';

type CaptureReport = Awaited<ReturnType<LedgerParts['ingest']['ingest']>>;

export const captureReport = record<CaptureReport>('CaptureReport', {
  captureId: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  state: oneOf('ingested', 'aborted'),
  bytes: integer,
  frames: integer,
  messages: map(integer),
  eventsAppended: integer,
  repeats: integer,
  violations: map(integer),
  errorCount: integer,
  errors: list(fields<CaptureReport['errors'][number]>({ frame: integer, error: string, offset: integer })),
  foreignAgents: list(
    fields<CaptureReport['foreignAgents'][number]>({ foreignAgent: string, careOfAddress: address, live: integer, native: integer, temporary: integer }),
  ),
  position: decimal,
});
