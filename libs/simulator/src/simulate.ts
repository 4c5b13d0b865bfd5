import { startDirectFlows } from './direct-flow';
import { ForeignAgentActor } from './foreign-agent';
import { Handoffs } from './handoffs';
import { MobileNodeActor } from './mobile-node';
import { describeNetwork } from './network';
import { simulationOptions, type SimulationOptions } from './options';
import { Random } from './random';
import { RandomStream } from './random-stream';
import type { Truth } from './truth';
import { World, type SimulatedFrame } from './world';

/**
 * Correspondent nodes, home agents, foreign agents and mobile nodes in wire format, as a capture at the foreign agents sees
 * them, on both links of each, in the order in which it happens. Lazy: frames are made as they are taken, and memory holds the
 * actors and what they have planned. Throws a RangeError for options out of range.
 * @param tell hears what the network really did; what still stands is told when the last frame has been taken
 */
export function simulate(given: Partial<SimulationOptions> = {}, tell: (truth: Truth) => void = () => undefined): Generator<SimulatedFrame> {
  const options = simulationOptions(given);
  const network = describeNetwork(options);
  const world = new World(options, network, tell);
  const agents = network.foreignAgents.map((agent) => new ForeignAgentActor(world, agent));
  for (const agent of agents) {
    agent.start();
    startDirectFlows(world, agent.agent);
  }
  const nodes = network.mobileNodes.map((node) => new MobileNodeActor(world, node, agents));
  for (const node of nodes) node.start();
  new Handoffs(world, nodes, agents).start();
  planReboots(world, agents);
  return world.play();
}

/** Somewhere behind the first quarter of the run, when there is something to lose. */
function planReboots(world: World, agents: readonly ForeignAgentActor[]): void {
  const { seed, reboots, durationSeconds } = world.options;
  const random = new Random(seed, RandomStream.reboots);
  for (let number = 0; number < reboots; number += 1) {
    const agent = random.pick(agents);
    world.after(random.between(0.25, 0.9) * durationSeconds * 1_000_000, () => agent.reboot());
  }
}
