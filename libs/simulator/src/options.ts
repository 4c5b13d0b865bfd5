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
}

export const defaultSimulation: SimulationOptions = {
  seed: 7,
  foreignAgents: 2,
  mobileNodes: 50,
  durationSeconds: 300,
  startTimeMs: Date.UTC(2026, 0, 1),
  dataPacketsPerSecond: 0.05,
};

/** As many as the addresses of the plan are for. */
const most = { foreignAgents: 10_000, mobileNodes: 1_000_000, durationSeconds: 10 * 365 * 86_400, dataPacketsPerSecond: 10_000 };

/** Fills in the defaults; throws a RangeError that names the option that is out of range. */
export function simulationOptions(given: Partial<SimulationOptions> = {}): SimulationOptions {
  const options = { ...defaultSimulation, ...given };
  requireInteger('seed', options.seed, -(2 ** 31), 2 ** 32 - 1);
  requireInteger('foreignAgents', options.foreignAgents, 1, most.foreignAgents);
  requireInteger('mobileNodes', options.mobileNodes, 0, most.mobileNodes);
  requireInteger('startTimeMs', options.startTimeMs, 0, Date.UTC(2106, 0, 1));
  requireRange('durationSeconds', options.durationSeconds, 0, most.durationSeconds);
  requireRange('dataPacketsPerSecond', options.dataPacketsPerSecond, 0, most.dataPacketsPerSecond);
  return options;
}

function requireInteger(name: keyof SimulationOptions, value: number, least: number, greatest: number): void {
  if (!Number.isInteger(value)) throw new RangeError(`${name} is a whole number, not ${value}`);
  requireRange(name, value, least, greatest);
}

function requireRange(name: keyof SimulationOptions, value: number, least: number, greatest: number): void {
  if (!(value >= least && value <= greatest)) throw new RangeError(`${name} lies between ${least} and ${greatest}, not ${value}`);
}
