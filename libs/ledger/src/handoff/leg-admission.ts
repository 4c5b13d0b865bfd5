import { setTimeout as delay } from 'node:timers/promises';
import { thatComeInOneAppend, type AdmitLegs, type FlowTableAnswer, type HeldLeg } from '#domain';
import { ScopeContended } from '../idempotency/command';
import type { HandoffSteps } from './handoff-steps';
import type { SessionDirectory } from '../processes/session-directory';
import type { WithdrawnScopes } from '../processes/withdrawn-scopes';

export type Admitted = Extract<FlowTableAnswer, { readonly outcome: 'admitted' }>;
type Closed = Extract<FlowTableAnswer, { readonly outcome: 'closed' }>;

/** Whoever closes an address decides in milliseconds; what a crash left is undone in seconds. */
const closingPatienceMs = 4_000;
const lookEveryMs = 50;

/** How the legs of a handoff come to its new scope. */
export class LegAdmission {
  constructor(
    private readonly steps: HandoffSteps,
    private readonly withdrawn: WithdrawnScopes,
    private readonly sessions: SessionDirectory,
  ) {}

  /**
   * In one append, or in as many as they need: each begins with what the scope says came before.
   * @returns null: they do not come, as the address was taken from its agent
   */
  async admit(legs: readonly HeldLeg[], takesUpOwn: boolean): Promise<Admitted | null> {
    const { isObserved, started } = this.steps;
    const to = started.to!;
    const { homeAddress, homeAgent, expiresAt } = to;
    const visit = { ...this.steps.inScope(), homeAddress, homeAgent, expiresAt, mayBeUndone: started.cause === 'command' };
    const terms = { ...visit, takesUpOwn, allocator: isObserved ? 'ledger' : null, ...(isObserved && { isObserved }) } as const;
    let left = legs;
    for (let part: number | null = 0; ; ) {
      const some: readonly HeldLeg[] = thatComeInOneAppend(left);
      const command = { type: 'AdmitLegs', ...terms, legs: some, part, isLast: some.length === left.length } as const;
      const admitted = await this.admitted(part === 0 ? 'admit' : `admit ${part}`, command);
      if (admitted === null) return null;
      const { configured, degraded, gone, isDone, nextPart } = admitted;
      const come = new Set([...configured, ...degraded.map(({ sessionId }) => sessionId), ...gone, ...(isDone ? some.map(({ sessionId }) => sessionId) : [])]);
      left = left.filter(({ sessionId }) => !come.has(sessionId));
      part = nextPart;
      if (part !== null && (await this.steps.isActive())) continue;
      for (const sessionId of [...configured, ...degraded.map((leg) => leg.sessionId)]) this.sessions.learn(sessionId, to);
      return admitted;
    }
  }

  /**
   * A closing is decided shortly, and legs have nowhere else to go: they wait for it. An agent that was removed is heard of again; to an address
   * that it lost a node that is registered there brings what it has, and one that is told to move does not move.
   */
  private async admitted(step: string, command: AdmitLegs): Promise<Admitted | null> {
    const { started: { cause, to } } = this.steps;
    const { careOfAddress, foreignAgent } = to!;
    let evenWithdrawn = false;
    for (let waitedMs = 0; ; ) {
      const answer = (await this.steps.tellScope(to!, step, { ...command, ...(evenWithdrawn && { evenWithdrawn }) })) as Admitted | Closed;
      if (answer.outcome !== 'closed') return answer;
      if (answer.isWithdrawn) {
        const isServed = await this.withdrawn.serveAgain(to!, this.steps.identity('serve again'));
        if (!isServed && cause === 'command') return null;
        evenWithdrawn = true;
      } else if (waitedMs >= closingPatienceMs) {
        throw new ScopeContended(`${careOfAddress} may be taken from ${foreignAgent}, which is not decided yet.`, 'a-part');
      } else {
        await delay(lookEveryMs);
        waitedMs += lookEveryMs;
      }
    }
  }
}
