import { DirectFlow } from './direct-flow';
import { ForeignAgentActor } from './foreign-agent';
import { MobileNodeActor } from './mobile-node';
import { describeNetwork } from './network';
import { simulationOptions, type SimulationOptions } from './options';
import { World, type SimulatedFrame } from './world';

/**
 * Correspondent nodes, home agents, foreign agents and mobile nodes in wire format, as a capture at the foreign agents sees
 * them, on both links of each, in order of time. Lazy: frames are made as they are taken, and memory holds the actors and what
 * they have planned. Throws a RangeError for options out of range.
 */
export function simulate(given: Partial<SimulationOptions> = {}): Generator<SimulatedFrame> {
  const options = simulationOptions(given);
  const network = describeNetwork(options);
  const world = new World(options, network);
  const agents = network.foreignAgents.map((agent) => new ForeignAgentActor(world, agent));
  for (const agent of agents) {
    agent.start();
    new DirectFlow(world, agent.agent).start();
  }
  for (const node of network.mobileNodes) new MobileNodeActor(world, node, agents).start();
  return world.play();
}
