import type { CommandIdentity } from '../idempotency/command-identity';
import type { HandoffRecord } from './handoff-events';

/** Who began it, and when by the frames where it was observed. */
export function beginningOf({ started, startedMetadata }: HandoffRecord): { readonly cause: CommandIdentity; readonly at: number | undefined } {
  const { actor, origin, $correlationId, capture, frame } = startedMetadata;
  const { handoffId } = started;
  const known = { commandId: handoffId, idempotencyKey: null, bodyDigest: '', actor, correlationId: $correlationId, causationId: handoffId };
  const seen = { ...(capture !== undefined && { capture }), ...(frame !== undefined && { frame }) };
  return { cause: { ...known, origin, ...seen }, at: origin === 'observed' ? Date.parse(started.occurredAt) : undefined };
}
