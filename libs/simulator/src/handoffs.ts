import type { ForeignAgentActor } from './foreign-agent';
import type { MobileNodeActor } from './mobile-node';
import type { QosSession } from './qos-session';
import { Random } from './random';
import { RandomStream } from './random-stream';
import type { World } from './world';

const second = 1_000_000;

/** How many nodes are asked before a story finds nobody to play it. */
const asked = 1_000;

type Story = 'plain' | 'conflict' | 'break' | 'ping-pong' | 'home' | 'superseded';

/** In turn rather than by chance, so that a short run has each of them; those that cures are about come first. */
const stories: readonly Story[] = ['plain', 'conflict', 'break', 'ping-pong', 'home', 'superseded'];

/** Tells nodes to move, so many a minute. */
export class Handoffs {
  private readonly random: Random;
  private told = 0;

  constructor(
    private readonly world: World,
    private readonly nodes: readonly MobileNodeActor[],
    private readonly agents: readonly ForeignAgentActor[],
  ) {
    this.random = new Random(world.options.seed, RandomStream.handoffs);
  }

  start(): void {
    if (this.world.options.handoffsPerMinute > 0 && this.nodes.length > 0) this.planNext();
  }

  private planNext(): void {
    const periodUs = (60 * second) / this.world.options.handoffsPerMinute;
    this.world.after(periodUs * this.random.between(0.5, 1.5), () => {
      this.play(stories[this.told % stories.length]!);
      this.told += 1;
      this.planNext();
    });
  }

  private play(story: Story): void {
    const isConflict = story === 'conflict';
    const node = (isConflict ? this.find((candidate) => this.conflictOf(candidate) !== null) : null) ?? this.find(isBusy) ?? this.find(() => true);
    if (node === null) return;
    if (story === 'home') return node.returnHome(true);
    const from = node.boundAgent()!;
    const to = (isConflict ? this.conflictOf(node) : null) ?? this.another([from]);
    if (to === null) return;
    switch (story) {
      case 'plain':
        return node.moveTo(to, 'make-before-break', 'plain');
      case 'conflict':
        return node.moveTo(to, 'make-before-break', this.conflictOf(node) === to ? 'conflict' : 'plain');
      case 'break':
        return node.moveTo(to, 'break-before-make', 'plain');
      case 'ping-pong':
        node.moveTo(to, 'make-before-break', 'ping-pong');
        // Before a quarantine would end.
        return this.world.after(this.random.between(4, 30) * second, () => node.isSettled() && node.moveTo(from, 'make-before-break', 'ping-pong'));
      case 'superseded':
        return this.supersede(node, from, to);
    }
  }

  /** The reply of the one agent is there, and before PATH and RESV have followed the node is with another. */
  private supersede(node: MobileNodeActor, from: ForeignAgentActor, to: ForeignAgentActor): void {
    node.moveTo(to, 'make-before-break', 'superseded');
    const onward = (triesLeft: number): void => {
      if (node.boundAgent() === to) return node.moveTo(this.another([from, to]) ?? from, 'make-before-break', 'superseded');
      if (triesLeft > 0) this.world.after(4_000, () => onward(triesLeft - 1));
    };
    onward(500);
  }

  /** The first from somewhere on that is settled and will do. */
  private find(willDo: (node: MobileNodeActor) => boolean): MobileNodeActor | null {
    const first = this.random.integer(0, this.nodes.length - 1);
    for (let step = 0; step < Math.min(asked, this.nodes.length); step += 1) {
      const node = this.nodes[(first + step) % this.nodes.length]!;
      if (node.isSettled() && willDo(node)) return node;
    }
    return null;
  }

  /** An agent where a flow of the node meets one that routers cannot tell from it; null: none is known. */
  private conflictOf(node: MobileNodeActor): ForeignAgentActor | null {
    const from = node.boundAgent();
    const { flows } = this.world.truth;
    const meets = (session: QosSession, { agent }: ForeignAgentActor): boolean => session.isRunning && flows.collides(agent.careOfAddress, session.plan);
    const near = this.agents.slice(0, asked);
    return near.find((agent) => agent !== from && agent.isUp && node.sessions.some((session) => meets(session, agent))) ?? null;
  }

  private another(not: readonly ForeignAgentActor[]): ForeignAgentActor | null {
    const others = this.agents.length <= asked ? this.agents : Array.from({ length: 3 }, () => this.random.pick(this.agents));
    const possible = others.filter((agent) => !not.includes(agent) && agent.isUp);
    return possible.length === 0 ? null : this.random.pick(possible);
  }
}

function isBusy(node: MobileNodeActor): boolean {
  return node.sessions.some(({ isRunning }) => isRunning);
}
