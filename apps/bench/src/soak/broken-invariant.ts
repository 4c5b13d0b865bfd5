/** An invariant of domain.md §7 does not hold. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** @throws BrokenInvariant unless it holds; the sentence says what was found */
export function holds(invariant: string, condition: boolean, found: () => string): asserts condition {
  if (!condition) throw new BrokenInvariant(`${invariant} is broken: ${found()}`);
}
