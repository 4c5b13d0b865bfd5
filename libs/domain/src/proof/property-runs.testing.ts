const asked = process.env['PROPERTY_RUNS'];

/**
 * How many examples a property is tried on: 1,000 in CI. `PROPERTY_RUNS` asks for more (a long night) or for fewer (mutation testing,
 * which only wants to know whether any fails, and not the smallest). A failure prints its seed and the shrunk example.
 */
export const runs = { numRuns: Number(asked ?? 1_000), endOnFailure: Number(asked ?? 1_000) < 1_000 };

/** For properties whose examples are small and cheap. */
export const manyRuns = { ...runs, numRuns: 5 * runs.numRuns };

/** For properties whose examples take long: fewer than the others, or as few as were asked for. */
export const runsUpTo = (most: number): typeof runs => ({ ...runs, numRuns: Math.min(most, runs.numRuns) });
