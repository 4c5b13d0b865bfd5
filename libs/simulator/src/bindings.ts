import type { ForeignAgentActor } from './foreign-agent';
import type { MobileNode } from './network';
import type { StayTruth } from './truth';
import type { Changing } from './truth-log';
import type { World } from './world';

interface Binding {
  readonly via: ForeignAgentActor;
  readonly untilUs: number;
  /** How often the agent had started when it was made: an agent that began again has no visitor. */
  readonly starts: number;
  readonly truth: Changing<StayTruth>;
}

/** The node's binding at its home agent; the foreign agent's visitor entry ends at the same time. */
export class Bindings {
  private current: Binding | null = null;

  constructor(
    private readonly world: World,
    private readonly node: MobileNode,
  ) {}

  agent(): ForeignAgentActor | null {
    const { current } = this;
    if (current === null) return null;
    if (this.world.nowUs < current.untilUs) return current.via;
    this.end('expiry');
    return null;
  }

  isVisitorOf(via: ForeignAgentActor): boolean {
    return this.agent() === via && via.isUp && this.current?.starts === via.starts;
  }

  /**
   * What a reply grants; 0 ends the binding.
   * @returns where the node was before: where the agent forgot it meanwhile it comes as from elsewhere
   */
  change(via: ForeignAgentActor, grantedSeconds: number): 'none' | 'elsewhere' | 'here' {
    const { world, node } = this;
    const before = this.agent() === null ? 'none' : this.isVisitorOf(via) ? 'here' : 'elsewhere';
    if (grantedSeconds === 0) {
      if (this.current?.via === via) this.end('deregistration');
      return before;
    }
    const untilUs = world.nowUs + grantedSeconds * 1_000_000;
    if (before !== 'here') this.end(this.current?.via === via ? 'reboot' : 'handoff');
    const { homeAddress, homeAgent, id: mobileNode } = node;
    const { id: foreignAgent, careOfAddress } = via.agent;
    const expiresAt = world.truth.timeText(untilUs);
    const truth =
      this.current?.truth ??
      world.truth.stay({ mobileNode, homeAddress, homeAgent: homeAgent.address, foreignAgent, careOfAddress, expiresAt });
    truth.expiresAt = expiresAt;
    this.current = { via, untilUs, starts: via.starts, truth };
    return before;
  }

  private end(end: NonNullable<StayTruth['end']>): void {
    if (this.current === null) return;
    const { truth } = this.current;
    truth.end = end;
    truth.to = end === 'expiry' ? truth.expiresAt : this.world.truth.now();
    this.world.truth.complete(truth);
    this.current = null;
  }
}
