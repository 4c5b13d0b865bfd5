import type { AcknowledgedCommand, ForeignAgentCaller } from './foreign-agent-caller';
import type { RecordedCommand } from './log-audit';

/** What appends nothing when it is answered so: a refresh within its lease, a second release. */
const eventless: ReadonlySet<unknown> = new Set(['refreshed', 'already-released']);

/** An acknowledged command is in the log once, at the position that its answer named. */
export function logFaults(acknowledged: readonly AcknowledgedCommand[], commands: ReadonlyMap<string, RecordedCommand>): readonly string[] {
  return acknowledged.flatMap(({ command, answer }) => {
    const recorded = commands.get(command.idempotencyKey);
    const told = `${command.kind} ${command.idempotencyKey}, answered ${answer.status} ${JSON.stringify(answer.body)}`;
    if (answer.status >= 400) return answer.status === 409 ? [] : [`${told}: no answer that the rules give`];
    if (recorded === undefined) return eventless.has(answer.body['outcome']) ? [] : [`${told}: lost`];
    // An extended lease is no change of the session: a refresh answers the position of its last change.
    if (eventless.has(answer.body['outcome'])) return [];
    const named = BigInt(String(answer.body['position']));
    // A registration is answered at the position of its second append, by which its scope knows the visitor.
    const stands = command.kind === 'register' ? recorded.position <= named : recorded.position === named;
    return stands ? [] : [`${told}: stands at position ${recorded.position}`];
  });
}

/** A node that was told that it is registered may configure, from the next moment on. */
export function bindingFaults(acknowledged: readonly AcknowledgedCommand[]): readonly string[] {
  return acknowledged
    .filter(({ answer }) => answer.body['type'] === '/problems/no-binding')
    .map(({ command, answer }) => `${command.kind} ${command.idempotencyKey} of a registered node: ${JSON.stringify(answer.body)}`);
}

/** Asked again under the same key, each command gets the answer that it got, and says that it is a repeat. */
export async function repeatFaults(
  url: string,
  callers: readonly ForeignAgentCaller[],
  acknowledged: readonly AcknowledgedCommand[],
): Promise<readonly string[]> {
  const faults: string[] = [];
  const queue = acknowledged[Symbol.iterator]();
  await Promise.all(
    callers.map(async (caller) => {
      // One iterator for all callers: each takes what is left.
      for (let next = queue.next(); next.done !== true; next = queue.next()) {
        const { command, answer } = next.value;
        const again = await caller.ask(url, command);
        if (again.replayed && again.status === answer.status && JSON.stringify(again.body) === JSON.stringify(answer.body)) continue;
        const told = `${command.kind} ${command.idempotencyKey}, answered ${answer.status} ${JSON.stringify(answer.body)}`;
        faults.push(`${told}, is answered again ${again.status}${again.replayed ? '' : ' (as new)'} ${JSON.stringify(again.body)}`);
      }
    }),
  );
  return faults;
}
