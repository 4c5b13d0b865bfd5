import type { CommandIdentity } from '../idempotency/command-identity';
import { stepOf } from '../processes/registrations';

/** A step that is done in several scopes, in the one of this address. */
export const stepIn = (careOfAddress: string, step: string): string => `${step} ${careOfAddress}`;

/** Steps are known by the handoff and their name, whoever runs them and however often. */
export function handoffStep(cause: CommandIdentity, handoffId: string, step: string): CommandIdentity {
  return { ...stepOf({ ...cause, commandId: handoffId }, step), handoffId };
}
