import type { CommandIdentity } from '../idempotency/command-identity';
import { stepOf } from '../processes/registrations';

/** Steps are known by the handoff and their name, whoever runs them and however often. */
export function handoffStep(cause: CommandIdentity, handoffId: string, step: string): CommandIdentity {
  return { ...stepOf({ ...cause, commandId: handoffId }, step), handoffId };
}
