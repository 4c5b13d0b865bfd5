import { type Command, InvalidArgumentError } from 'commander';
import type { SimulatedStyle, SimulationOptions } from '#simulator';
import { decimalNumber, wholeNumber } from './options';

/** What a simulated network is made of, as options of a verb. */
export interface NetworkOptions {
  readonly seed: number;
  readonly foreignAgents: number;
  readonly mobileNodes: number;
  readonly duration: number;
  readonly handoffs: number;
  readonly reboots: number;
  readonly styles: readonly SimulatedStyle[];
  readonly ipv6: boolean;
  readonly esp: boolean;
  readonly tunnels: boolean;
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  readonly clockSkew: number;
}

const styles: readonly SimulatedStyle[] = ['FF', 'SE', 'WF'];

/** What the network does is there by default, what goes wrong with it is not. */
export function withNetworkOptions(command: Command): Command {
  const share = decimalNumber(0, 1);
  return command
    .option('--seed <n>', 'the same seed makes the same bytes', wholeNumber(0, 2 ** 32 - 1), 7)
    .option('--foreign-agents <n>', 'how many', wholeNumber(1, 10_000), 2)
    .option('--mobile-nodes <n>', 'how many', wholeNumber(0, 1_000_000), 50)
    .option('--duration <seconds>', 'of the network’s own time', wholeNumber(0, 10 * 365 * 86_400), 300)
    .option('--handoffs <per-minute>', 'of the whole network: each kind in turn, between two agents or more', decimalNumber(0, 60_000), 4)
    .option('--reboots <n>', 'of foreign agents, in the whole run', wholeNumber(0, 100_000), 1)
    .option('--styles <list>', 'reservation styles, of FF, SE and WF', styleList, styles)
    .option('--no-ipv6', 'without flows of IPv6')
    .option('--no-esp', 'without ESP flows, whose SPI changes now and then')
    .option('--no-tunnels', 'without home agents that choose a flow id themselves and tell it by SESSION_ASSOC')
    .option('--loss <share>', 'of all frames, 0 to 1', share, 0)
    .option('--duplication <share>', 'of frames that come twice', share, 0)
    .option('--reordering <share>', 'of frames that come up to 200 ms late', share, 0)
    .option('--clock-skew <ms>', 'the clock of each link is off by at most so much', decimalNumber(0, 3_600_000), 0);
}

export function networkOf(options: NetworkOptions): Partial<SimulationOptions> {
  return {
    seed: options.seed,
    foreignAgents: options.foreignAgents,
    mobileNodes: options.mobileNodes,
    durationSeconds: options.duration,
    handoffsPerMinute: options.handoffs,
    reboots: options.reboots,
    styles: options.styles,
    ipv6: options.ipv6,
    esp: options.esp,
    tunnels: options.tunnels,
    lossRate: options.loss,
    duplicationRate: options.duplication,
    reorderingRate: options.reordering,
    clockSkewMs: options.clockSkew,
  };
}

/** In one order, so that the order in which they are named makes no other bytes. */
function styleList(text: string): readonly SimulatedStyle[] {
  const named = text.split(',');
  if (!named.every(name => styles.some(style => style === name))) throw new InvalidArgumentError('It must be some of FF, SE and WF, with commas between.');
  return styles.filter(style => named.includes(style));
}
