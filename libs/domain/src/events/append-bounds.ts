/**
 * How many legs one append may move: 1 MiB is the most that every store takes, and of each leg an event of about 1.5 KiB is written, two
 * where it gets a temporary id. A node with more has its handoff in more appends; each leaves a state that holds the invariants.
 */

/** Legs that an append makes. */
export const legsOfAppend = 100;

/**
 * Legs that an append ends: their quarantines may end in it too, and others get what they leave. Of a visitor that has more, the first
 * end before it leaves.
 */
export const endsOfAppend = 250;

/** Degraded legs that get an id in one append; the next one that frees something goes on. */
export const recoveriesOfAppend = 100;

/** Legs that are told in full where they are frozen; further ones are told by their ids. */
export const legsToldInFull = 1_000;
