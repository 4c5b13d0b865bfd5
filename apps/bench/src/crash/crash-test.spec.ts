import { whatWasNotTried } from './crash-test';

describe('what a crash test did not put to the test', () => {
  const round = (number: number, acknowledged = 1) => ({ round: number, victim: number % 3 === 0 ? ('postgres' as const) : ('service' as const), acknowledged });

  it('given no rounds, names both that were never killed', () => {
    expect(whatWasNotTried([])).toEqual(['service was never killed: three rounds are the least.', 'postgres was never killed: three rounds are the least.']);
  });

  it('given two rounds, says that PostgreSQL was never killed', () => {
    expect(whatWasNotTried([round(1), round(2)])).toEqual(['postgres was never killed: three rounds are the least.']);
  });

  it('given a round in which nothing was acknowledged, names it', () => {
    expect(whatWasNotTried([round(1), round(2, 0), round(3)])).toEqual(['no command was acknowledged in round 2']);
    expect(whatWasNotTried([round(1), round(2), round(3)])).toEqual([]);
  });
});
