/** A step of the wall clock that is no drift, and no pause between two looks at it. */
const smallestJumpMs = 10_000;

/**
 * The wall clock, compared with one that only runs: a jump ahead is told before the time behind it is used, so that no lease ends early for
 * it. A jump back needs nothing: no stream's time goes back (design.md, "Time").
 * @param wall milliseconds since 1970
 * @param running milliseconds since anything, never set
 */
export function watchedClock(wall: () => number, running: () => number, onJump: (from: number, to: number) => void): () => number {
  let lastWall = wall();
  let lastRunning = running();
  return () => {
    const [now, ran] = [wall(), running()];
    const expected = lastWall + (ran - lastRunning);
    lastWall = now;
    lastRunning = ran;
    if (now - expected > smallestJumpMs) onJump(expected, now);
    return now;
  };
}
