import type { RsvpMessage } from '#signalling';

export type SimulatedStyle = NonNullable<RsvpMessage['style']>;

export interface SimulationOptions {
  /** The same seed makes the same bytes. */
  readonly seed: number;
  readonly foreignAgents: number;
  readonly mobileNodes: number;
  readonly durationSeconds: number;
  /** Milliseconds since 1970 of the first moment. */
  readonly startTimeMs: number;
  /** Data packets of one QoS session, a second; 0 leaves the data out. */
  readonly dataPacketsPerSecond: number;
  /** Of the whole network, a minute; one story (there and back, say) counts once. Moving needs two agents. */
  readonly handoffsPerMinute: number;
  /** Shares of messages, 0 to 1. A lost one is seen by nobody, one that comes out of order is up to 200 ms late. */
  readonly lossRate: number;
  readonly duplicationRate: number;
  readonly reorderingRate: number;
  /** Foreign agents that lose their state and start again, in the whole run. */
  readonly reboots: number;
  /** The clock of a link is off by at most so much, before or behind. */
  readonly clockSkewMs: number;
  /** Of the reservations. */
  readonly styles: readonly SimulatedStyle[];
  /** IPv6 flows, told by ports and by flow labels. */
  readonly ipv6: boolean;
  /** ESP flows told by an SPI, with a new SPI now and then (RFC 2207). */
  readonly esp: boolean;
  /** Some home agents choose the flow id of a session themselves and tell it by SESSION_ASSOC (RFC 2746). */
  readonly tunnels: boolean;
}

/** What a network does is on, so that a plain run tells a bit of everything; what goes wrong with it is off. */
export const defaultSimulation: SimulationOptions = {
  seed: 7,
  foreignAgents: 2,
  mobileNodes: 50,
  durationSeconds: 300,
  startTimeMs: Date.UTC(2026, 0, 1),
  dataPacketsPerSecond: 0.05,
  handoffsPerMinute: 4,
  lossRate: 0,
  duplicationRate: 0,
  reorderingRate: 0,
  reboots: 1,
  clockSkewMs: 0,
  styles: ['FF', 'SE', 'WF'],
  ipv6: true,
  esp: true,
  tunnels: true,
};

/** Ends of the ranges; of nodes and agents as many as the addresses of the plan are for. */
export const greatestSimulation = {
  foreignAgents: 10_000,
  mobileNodes: 1_000_000,
  durationSeconds: 10 * 365 * 86_400,
  dataPacketsPerSecond: 10_000,
  handoffsPerMinute: 60_000,
  reboots: 100_000,
  clockSkewMs: 3_600_000,
};

/** Fills in the defaults; throws a RangeError that names the option that is out of range. */
export function simulationOptions(given: Partial<SimulationOptions> = {}): SimulationOptions {
  const options = { ...defaultSimulation, ...given };
  const most = greatestSimulation;
  requireInteger('seed', options.seed, -(2 ** 31), 2 ** 32 - 1);
  requireInteger('foreignAgents', options.foreignAgents, 1, most.foreignAgents);
  requireInteger('mobileNodes', options.mobileNodes, 0, most.mobileNodes);
  requireInteger('startTimeMs', options.startTimeMs, 0, Date.UTC(2106, 0, 1));
  requireInteger('reboots', options.reboots, 0, most.reboots);
  requireRange('durationSeconds', options.durationSeconds, 0, most.durationSeconds);
  requireRange('dataPacketsPerSecond', options.dataPacketsPerSecond, 0, most.dataPacketsPerSecond);
  requireRange('handoffsPerMinute', options.handoffsPerMinute, 0, most.handoffsPerMinute);
  requireRange('clockSkewMs', options.clockSkewMs, 0, most.clockSkewMs);
  for (const rate of ['lossRate', 'duplicationRate', 'reorderingRate'] as const) requireRange(rate, options[rate], 0, 1);
  if (options.styles.length === 0) throw new RangeError('styles names at least one of FF, SE and WF');
  return options;
}

function requireInteger(name: keyof SimulationOptions, value: number, least: number, greatest: number): void {
  if (!Number.isInteger(value)) throw new RangeError(`${name} is a whole number, not ${value}`);
  requireRange(name, value, least, greatest);
}

function requireRange(name: keyof SimulationOptions, value: number, least: number, greatest: number): void {
  if (!(value >= least && value <= greatest)) throw new RangeError(`${name} lies between ${least} and ${greatest}, not ${value}`);
}
