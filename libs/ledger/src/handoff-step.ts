import type { CommandIdentity } from './command-identity';
import { stepOf } from './registrations';

/** Steps are known by the handoff and their name, whoever runs them and however often. */
export function handoffStep(cause: CommandIdentity, handoffId: string, step: string): CommandIdentity {
  return { ...stepOf({ ...cause, commandId: handoffId }, step), handoffId };
}
