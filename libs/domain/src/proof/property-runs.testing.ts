const asked = process.env['PROPERTY_RUNS'];

/**
 * How many examples a property is tried on: 1,000 in CI, and there the same in every run, so that what turns a check red is the change it
 * checks. `PROPERTY_RUNS` asks for new ones, for more of them (a long night) or for fewer (mutation testing, which only wants to know whether
 * any fails, and not the smallest). A failure prints its seed and the shrunk example.
 */
export const runs = { numRuns: Number(asked ?? 1_000), endOnFailure: Number(asked ?? 1_000) < 1_000, ...(asked === undefined && { seed: 20_261_126 }) };

/** For properties whose examples are small and cheap. */
export const manyRuns = { ...runs, numRuns: 5 * runs.numRuns };

/** For properties whose examples take long: fewer than the others, or as few as were asked for. */
export const runsUpTo = (most: number): typeof runs => ({ ...runs, numRuns: Math.min(most, runs.numRuns) });
