import type { LineAnswer } from '../batch/batch-run';
import { anything, integer, map, record, string } from './shape';

/** The answer of one line: status and body are those that the command alone would have had. */
export const batchAnswer = record<LineAnswer & { readonly body: Readonly<Record<string, unknown>> }>(
  'BatchAnswer',
  { line: integer, status: integer, etag: string, replayed: { enum: [true] }, body: map(anything) },
  ['etag', 'replayed'],
);
